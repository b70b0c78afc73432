import { history } from '../../../bench/questions/history.js'
import { measures } from '../measured.js'

measures(history, { members: 2, bytes: 16 })
