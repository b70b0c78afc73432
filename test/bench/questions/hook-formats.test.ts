import { hookFormats } from '../../../bench/questions/hook-formats.js'
import { measures } from '../measured.js'

measures(hookFormats, { clients: 2, inFlight: 2, sample: 'positions' })
