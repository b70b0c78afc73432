import { broadcast } from '../../../bench/questions/broadcast.js'
import { measures } from '../measured.js'

measures(broadcast, { members: 3, bytes: 64 })
