import t from 'tap'
import { defaultLimits, type Limits, mergeLimits } from '../../lib/limits/limits.js'

const invalid = (name: string) => ({
  code: 'PHX_ERR_OPTION_INVALID',
  message: new RegExp(`limits\\.?${name}`)
})

t.test('limits that are not named keep their defaults', async (t) => {
  t.same(mergeLimits(), defaultLimits)
  t.same(mergeLimits({ socketsPerUser: 0 }), { ...defaultLimits, socketsPerUser: 0 })
})

t.test('limits cannot be changed afterwards', async (t) => {
  t.throws(() => {
    ;(mergeLimits() as Limits).frameBytes = 1
  }, TypeError)
})

t.test('a limit that does not exist is refused by name', async (t) => {
  for (const name of ['sockets', 'constructor', '__proto__']) {
    t.throws(() => mergeLimits(JSON.parse(`{"${name}":1}`)), invalid(name))
  }
})

t.test('a limit of a wrong value is refused by name', async (t) => {
  const wrong: [name: string, values: unknown[]][] = [
    ['frameBytes', [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, {}]],
    ['events', [5, null, [], {}, { count: 1 }, { count: -1, windowMs: 1 }, { count: 1, windowMs: 0 }]],
    ['events', [{ count: 1, windowMs: 1, more: 1 }, 'fast']]
  ]
  for (const [name, values] of wrong) {
    for (const value of values) {
      t.throws(() => mergeLimits({ [name]: value }), invalid(name), `${name} ${JSON.stringify(value)}`)
    }
  }
})

t.test('what is no object is refused', async (t) => {
  for (const value of [null, 5, 'none', []]) t.throws(() => mergeLimits(value as never), invalid(''))
})
