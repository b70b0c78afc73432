import { state } from '../../../bench/questions/state.js'
import { measures } from '../measured.js'

measures(state, { rooms: 2, members: 2, bytes: 64 })
