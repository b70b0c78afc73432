import { metrics } from '../../../bench/questions/metrics.js'
import { measures } from '../measured.js'

measures(metrics, { what: 'hook', clients: 2 })
