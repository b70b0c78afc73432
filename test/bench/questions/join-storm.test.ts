import { joinStorm } from '../../../bench/questions/join-storm.js'
import { measures } from '../measured.js'

measures(joinStorm, { clients: 5 })
