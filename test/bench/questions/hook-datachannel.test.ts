import { hookDataChannel } from '../../../bench/questions/hook-datachannel.js'
import { measures } from '../measured.js'

measures(hookDataChannel, { clients: 2, inFlight: 3, bytes: 1024 })
