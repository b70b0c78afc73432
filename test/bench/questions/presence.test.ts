import { presence } from '../../../bench/questions/presence.js'
import { measures } from '../measured.js'

measures(presence, { members: 3, rooms: 2, joins: 2 })
