import { defineHooks, type FromSchema, type HookCall, type HookFunctions, userChannel } from 'fastify-phoenix'
import type { createHookClient } from 'fastify-phoenix/client'

interface Member {
  userId: string
  admin: boolean
}

// What a hook asks of its caller's assigns.
const moderation = defineHooks(
  'moderation',
  {
    ban: (call: HookCall<{ admin: boolean }>, user: string) => ({ banned: call.assigns.admin ? user : null }),
    whoami: (call) => call.userId
  },
  {
    after_user_joined(call) {
      const { admin }: { admin: boolean } = call.assigns
      call.log.info({ admin }, 'joined')
    }
  }
)
const profile = defineHooks('profile', {
  name(call, suffix: string) {
    const { userId }: { userId: string } = call.assigns
    return userId + suffix
  },
  after_user_left: (call) => call.assigns.admin
} satisfies HookFunctions<Member>)
const greeter = defineHooks(
  'greeter',
  {},
  { after_user_joined: (call: HookCall<Member>) => call.assigns.admin }
)

const plain = defineHooks('plain', { say: (call) => call.assigns.anything, now: () => 1 })
const asking = defineHooks('asking', {
  admin: (call: HookCall<Member>, n: number) => call.assigns.admin && n
})

userChannel<Member>({ hooks: [moderation, profile, greeter, plain, asking] })
userChannel({
  hooks: [plain],
  onData: (label, _data, channel) => channel.push(label, { seen: channel.assigns.anything })
})
userChannel({ hooks: [asking, plain] })
userChannel({ hooks: [moderation] })
// @ts-expect-error the channel has no admin
userChannel<{ userId: string }>({ hooks: [moderation] })
// @ts-expect-error the channel has no admin
userChannel<{ userId: string }>({ hooks: [greeter] })
// @ts-expect-error admin is no text
defineHooks('wrong', { ban: (call: HookCall<{ admin: boolean }>): string => call.assigns.admin })

// Arguments have their types from schemas.
export const market = defineHooks(
  'market',
  {
    quote: (_call, symbol) => symbol.length,
    order(_call, { side, limit }, lots) {
      const ordered: ['buy' | 'sell', number | null | undefined, number[]] = [side, limit, lots]
      return ordered
    },
    all: (_call, ...numbers) => numbers.map((each) => each.toFixed()),
    odd: (_call, first, second) => [first, second],
    free: (call, x: number) => call.userId.length + x
  },
  {
    schemas: {
      quote: { args: [{ type: 'string', maxLength: 12 }], reply: { type: 'number' } },
      order: {
        args: [
          {
            type: 'object',
            properties: { side: { enum: ['buy', 'sell'] }, limit: { type: ['number', 'null'] } },
            required: ['side']
          },
          { type: 'array', items: { type: 'integer' } }
        ]
      },
      all: { args: { type: 'array', items: { type: 'number' } } },
      odd: { args: [{ $ref: '#/definitions/any' }, true] }
    }
  }
)

type Client = ReturnType<typeof createHookClient<typeof market>>
export async function trade(client: Client): Promise<[number, unknown[]]> {
  await client.call('market', 'order', { side: 'buy', limit: null }, [1])
  await client.call('market', 'all', 1, 2, 3)
  await client.call('market', 'free', 1)
  // @ts-expect-error no such side
  await client.call('market', 'order', { side: 'hold' }, [1])
  // @ts-expect-error a symbol is text
  await client.call('market', 'quote', 5)
  return [await client.call('market', 'quote', 'ACME'), await client.call('market', 'odd', 1, {})]
}

// @ts-expect-error the schema wants text
defineHooks('m', { quote: (_call, n: number) => n }, { schemas: { quote: { args: [{ type: 'string' }] } } })
// @ts-expect-error no hook has that name
defineHooks('m', { quote: () => 1 }, { schemas: { quite: { args: [] } } })
// @ts-expect-error what is no function is no hook
defineHooks('m', { quote: 5 })

const place = { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } as const
export const at = ({ x }: FromSchema<typeof place>): number => x
export const anything: FromSchema<{ readonly anyOf: readonly [] }> = Symbol('unknown')
// @ts-expect-error x is a number
at({ x: '5' })
