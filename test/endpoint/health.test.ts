import t from 'tap'
import { defaultHealthOptions, type HealthSigns, healthOf } from '../../lib/endpoint/health.js'

const fine: HealthSigns = { isDraining: false, engineAwayMs: 0, canBind: true }

t.test('a node is ready unless something speaks against it, which is named', async (t) => {
  t.same(healthOf(fine, defaultHealthOptions), { ready: true, reasons: [] })
  const signs = { isDraining: true, engineAwayMs: 60_000, canBind: false }
  t.same(healthOf(signs, defaultHealthOptions), {
    ready: false,
    reasons: ['draining', 'engine_away', 'peers_cannot_bind']
  })
})

t.test('an engine may be away for a while, or for as long as it likes', async (t) => {
  const away = (engineAwayMs: number, tolerated: number): boolean =>
    healthOf({ ...fine, engineAwayMs }, { engineAwayMs: tolerated }).ready
  t.same([away(10_000, 10_000), away(10_001, 10_000), away(3_600_000, 0)], [true, false, true])
})
