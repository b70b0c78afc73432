import fc from 'fast-check'
import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import type { HookRequest, HookResult } from '../../lib/hooks/types.js'
import { world } from '../hooks/helpers.js'

const circular: Record<string, unknown> = {}
circular.self = circular

const plugin = defineHooks(
  'demo',
  {
    echo: (_call, value) => value,
    later: async (_call, value) => value,
    never: () => new Promise(() => {}),
    refuse: (call, value) => call.refuse(value as string),
    fail(_call, value) {
      throw value
    },
    reject: (_call, value) => Promise.reject(value),
    circular: () => circular,
    bigint: async () => 1n,
    add: (_call, a: number, b: number) => a + b
  },
  { schemas: { add: { args: [{ type: 'number' }, { type: 'number' }], reply: { type: 'number' } } } }
)

const requests = fc.record({
  hookPlugin: fc.oneof(
    { weight: 9, arbitrary: fc.constant('demo') },
    { weight: 1, arbitrary: fc.anything() }
  ),
  fn: fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom(
        ...Object.keys(plugin.functions),
        'constructor',
        '__proto__',
        '_x',
        'after_startup'
      )
    },
    { weight: 1, arbitrary: fc.string() }
  ),
  args: fc.oneof(fc.array(fc.jsonValue()), fc.anything({ withBigInt: true, withNullPrototype: true })),
  bytes: fc.oneof(fc.nat(), fc.constantFrom(Number.NaN, -1)),
  transport: fc.constantFrom('websocket', 'longpoll', 'datachannel')
}) as fc.Arbitrary<HookRequest>

function isResult(result: HookResult): boolean {
  if (!result.ok) return typeof result.reason === 'string'
  JSON.parse(result.json)
  return true
}

t.test('every request is answered, and nothing stays in flight', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(requests, { maxLength: 20 }), fc.boolean(), async (all, ends) => {
      const { session, caller, clock } = world([plugin], { callsInFlight: 8, hookArgsBytes: 100 })
      const results = all.map((request) => session.call(request))
      if (ends) session.end()
      clock.advance(10_000)
      const settled = await Promise.all(results)
      return settled.every(isResult) && caller.budget.callsInFlight === 0 && clock.pending === 0
    }),
    { numRuns: 300 }
  )
  t.pass()
})
