import t from 'tap'
import { awayCases } from '../../fixtures/cluster-fault-cases.js'

awayCases(t, 'nats')
