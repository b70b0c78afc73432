import { peerStorm } from '../../../bench/questions/peer-storm.js'
import { measures } from '../measured.js'

measures(peerStorm, { peers: 4, atOnce: 2, everyMs: 5, idleMs: 50 })
