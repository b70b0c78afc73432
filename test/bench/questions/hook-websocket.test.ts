import { hookWebSocket } from '../../../bench/questions/hook-websocket.js'
import { measures } from '../measured.js'

measures(hookWebSocket, { clients: 2, inFlight: 3, bytes: 16 })
