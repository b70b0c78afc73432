import { once } from '../../../bench/questions/once.js'
import { measures } from '../measured.js'

measures(once, { clients: 2, inFlight: 2, bytes: 16 })
