import { longRun } from '../../../bench/questions/long-run.js'
import { measures } from '../measured.js'

measures(longRun, { clients: 2, inFlight: 2, bytes: 16 })
