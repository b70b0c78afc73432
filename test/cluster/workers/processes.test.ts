import t from 'tap'
import { processCases } from '../../fixtures/cluster-fault-cases.js'

processCases(t, 'workers')
