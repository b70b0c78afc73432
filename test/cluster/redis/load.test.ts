import t from 'tap'
import { loadCases } from '../../fixtures/cluster-load-cases.js'

loadCases(t, 'redis')
