import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import { Hooks } from '../../lib/hooks/hooks.js'
import { defaultLimits } from '../../lib/limits/limits.js'
import { silentLogger } from '../../lib/util/logger.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('an after_startup that hangs ends the start with the name of its plugin', async (t) => {
  const clock = new FakeClock()
  const plugins = [defineHooks('stuck', { after_startup: () => new Promise(() => {}) })]
  const hooks = new Hooks({ plugins, limits: defaultLimits, clock, log: silentLogger })
  const started = t.rejects(hooks.startup(), { code: 'PHX_ERR_HOOKS_STARTUP', message: /stuck/ })
  clock.advance(9_000)
  await started
  t.equal(clock.pending, 0)
})
