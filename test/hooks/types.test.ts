import t from 'tap'
import { defineHooks, type HookPlugin } from '../../lib/hooks/define.js'
import type { HookCall } from '../../lib/hooks/types.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <Claim extends true>(claim?: Claim) => claim

t.test('the types of hooks go from the definition to the plugin', async (t) => {
  const arena = defineHooks(
    'arena',
    {
      fire(call, x: number, y: number) {
        holds<Equal<typeof call, HookCall>>()
        return { hit: x > y, by: call.userId }
      },
      echo: async (_call, value) => {
        holds<Equal<typeof value, unknown>>()
        return value
      }
    },
    { schemas: { fire: { args: [{ type: 'number' }, { type: 'number' }] } } }
  )
  type Fire = (typeof arena)['functions']['fire']
  holds<Equal<Parameters<Fire>, [call: HookCall, x: number, y: number]>>()
  holds<Equal<ReturnType<Fire>, { hit: boolean; by: string }>>()
  holds<Equal<(typeof arena)['name'], 'arena'>>()

  const plugins: HookPlugin[] = [arena]
  t.equal(plugins.length, 1)
})

t.test('the author of a typed hook says what its messages are', async () => {
  const proto = 'syntax = "proto3"; message FireRequest { int64 at = 1; } message FireReply { bool hit = 1; }'
  const arena = defineHooks(
    'arena',
    { fire: (_call, { at }: { at: bigint }) => ({ hit: at > 0n }) },
    { proto }
  )
  type Fire = (typeof arena)['functions']['fire']
  holds<Equal<Parameters<Fire>, [call: HookCall, request: { at: bigint }]>>()
  holds<Equal<ReturnType<Fire>, { hit: boolean }>>()
})

t.test('wrong definitions are refused by the compiler', async (t) => {
  const hook = () => 1
  // @ts-expect-error a hook is a function
  defineHooks('arena', { fire: 5 })
  // @ts-expect-error the first argument is the call
  defineHooks('arena', { fire: (call: string) => call })
  // @ts-expect-error there is no function of that name
  t.throws(() => defineHooks('arena', { fire: hook }, { schemas: { fires: {} } }))
  // @ts-expect-error a proto text is text
  t.throws(() => defineHooks('arena', { fire: hook }, { proto: 5 }))
  // @ts-expect-error the name is a string
  t.throws(() => defineHooks(5, { fire: hook }))
})
