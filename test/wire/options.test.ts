import Fastify from 'fastify'
import t from 'tap'
import phoenix, {
  authenticate,
  createJwtVerifier,
  createPhoenixToken,
  createPhoenixTokenVerifier,
  defineHooks,
  type PhoenixOptions,
  Presence,
  userChannel,
  v1,
  v2
} from '../../plugins/phoenix.js'
import { options } from '../fixtures/server.js'

async function register(wrong: object): Promise<unknown> {
  const app = Fastify()
  try {
    await app.register(phoenix, { ...options, ...wrong } as PhoenixOptions)
    return undefined
  } catch (err) {
    return err
  } finally {
    await app.close()
  }
}

const join = () => ({ status: 'ok' })

class Handlers {
  say() {}
}

const wrong: [name: string, values: unknown[]][] = [
  ['path', ['socket', '/socket/', '', 5, null, '/']],
  ['prefix', ['api', '/api/', 5]],
  ['connect', [undefined, null, 'yes']],
  ['id', ['alice', null]],
  ['expiresAt', [5, null]],
  ['channels', [undefined, null, {}, [], 'room:*', { '': options.channels['room:*'] }]],
  ['channels', [{ 'a:*:b': options.channels['room:*'] }]],
  ['channels["room:*"]', [{ 'room:*': {} }, { 'room:*': null }, { 'room:*': { join: 'yes' } }]],
  [
    'channels["room:*"]',
    [
      { 'room:*': async () => options.channels['room:*'] },
      { 'room:*': () => undefined },
      { 'room:*': Promise.resolve(options.channels['room:*']) },
      { 'room:*': Promise.reject(new Error('unhandled')) }
    ]
  ],
  [
    'channels["room:*"].handleIn',
    [{ 'room:*': { join, handleIn: 'x' } }, { 'room:*': { join, handleIn: { x: 1 } } }]
  ],
  ['channels["room:*"].handleOut', [{ 'room:*': { join, handleOut: () => {} } }]],
  [
    'channels["room:*"].terminate',
    [{ 'room:*': { join, terminate: {} } }, { 'room:*': { join, terminate: null } }]
  ],
  [
    'channels["room:*"].helper',
    [{ 'room:*': { join, helper() {} } }, { 'room:*': () => ({ join, helper: 1 }) }]
  ],
  [
    'channels["room:*"].handleIn',
    [
      { 'room:*': { join, handleIn: new Map([['say', join]]) } },
      { 'room:*': { join, handleIn: new Handlers() } }
    ]
  ],
  ['channels["room:*"].handleOut', [{ 'room:*': { join, handleOut: new Map([['say', join]]) } }]],
  ['channels["room:*"].handleIn["phx_join"]', [{ 'room:*': { join, handleIn: { phx_join: join } } }]],
  [
    'channels["room:*"].handleIn["phx_leave"]',
    [{ 'room:*': () => ({ join, handleIn: { say: join, phx_leave: join } }) }]
  ],
  [
    'channels["room:*"]: must be an object of the class',
    [{ 'room:*': Handlers }, { 'room:*': () => Handlers }]
  ],
  [
    'channels["room:*"].terminate: must be a function, not a class',
    [{ 'room:*': { join, terminate: Handlers } }]
  ],
  ['connect', [Handlers]],
  ['maxChannels', [-1, 1.5, '5', null]],
  [
    'serializers',
    [
      [],
      'v2',
      null,
      ['2.0.0'],
      [{ version: '2.0.0' }],
      [{ ...v2, version: 'two' }],
      [{ ...v2, async decode() {} }]
    ]
  ],
  ['checkOrigin', ['any', 5, null, ['example.com'], [5], ['//*'], ['wss://a.example']]],
  ['host', [5, null, 'https://a.example', 'a.example:443', 'A.example']],
  ['log', [true, 'info', []]],
  ['connectInfo', ['uri', ['everything'], null]],
  ['authToken', ['yes', null]],
  ['webrtc', ['off', null, 5]],
  ['limits', [null, 5, []]],
  ['limits.frameBytes', [{ frameBytes: -1 }]],
  ['limits.speed', [{ speed: 1 }]],
  ['websocket', [null, 'on', true, []]],
  ['websocket.path', [{ path: '/ws' }, { path: '' }, { path: 5 }]],
  ['websocket.timeoutMs', [{ timeoutMs: -1 }, { timeoutMs: '1' }, { timeoutMs: 2 ** 31 }]],
  ['websocket.compress', [{ compress: 1 }]],
  ['websocket.subprotocols', [{ subprotocols: 'mqtt' }, { subprotocols: [1] }]],
  ['websocket.errorHandler', [{ errorHandler: 403 }]],
  ['websocket.speed', [{ speed: 1 }]],
  ['longpoll', [null, 'on', true]],
  ['longpoll.path', [{ path: 'lp/' }]],
  ['longpoll.windowMs', [{ windowMs: 0 }, { windowMs: 1.5 }, { windowMs: 2 ** 31 }]],
  ['drain.batchIntervalMs', [{ batchIntervalMs: -1 }, { batchIntervalMs: 2 ** 31 }]],
  ['longpoll.maxSessions', [{ maxSessions: -1 }, { maxSessions: 1.5 }]],
  ['longpoll.bodyTimeoutMs', [{ bodyTimeoutMs: 0 }, { bodyTimeoutMs: 2 ** 31 }]],
  ['longpoll.maxBodyBytes', [{ maxBodyBytes: -1 }]],
  ['longpoll.speed', [{ speed: 1 }]]
]

for (const [name, values] of wrong) {
  t.test(`a wrong ${name} is refused by name`, async (t) => {
    const option = name.replace(/[.[].*/, '')
    for (const value of values) {
      const err = await register({ [option]: value })
      t.match(err, { code: 'PHX_ERR_OPTION_INVALID', message: `option ${name}` }, JSON.stringify(value))
    }
  })
}

/** What has no options of its own, so that all of them would be the defaults; by what the message calls it. */
const noRecords: [make: () => unknown, what: string][] = [
  [async () => ({}), 'a promise'],
  [() => Promise.reject(new Error('unhandled')), 'a promise'],
  [() => new Map(), 'a Map'],
  [() => new Set(), 'a Set'],
  [() => new Date(), 'a Date'],
  [() => [], 'an array']
]

t.test('options that are promised, or are no record of options, are not taken for none', async (t) => {
  const of = (options: object) => ({ channels: { 'room:*': { join, ...options } } })
  const places: [name: string, options: (value: unknown) => object][] = [
    ...[
      'limits',
      'once',
      'history',
      'drain',
      'log',
      'websocket',
      'longpoll',
      'health',
      'webrtc',
      'channels'
    ].map((name): [string, (value: unknown) => object] => [name, (value) => ({ [name]: value })]),
    ['channels["room:*"].history', (history) => of({ history })],
    ['channels["room:*"].handleIn', (handleIn) => of({ handleIn })],
    ['channels["room:*"].handleOut', (handleOut) => of({ handleOut })]
  ]
  for (const [name, options] of places) {
    for (const [make, what] of noRecords) {
      const err = await register(options(make()))
      t.match(err, { code: 'PHX_ERR_OPTION_INVALID', message: `option ${name}: must be ` }, name)
      t.match(err, { message: `, not ${what}` }, name)
    }
  }
})

t.test('so it is where a function takes options', async (t) => {
  const code = 'PHX_ERR_OPTION_INVALID'
  const takers: [name: string, code: string, take: (options: never) => unknown][] = [
    ['option userChannel: ', code, userChannel],
    ['option presence: ', code, (options) => new Presence(options)],
    ['option options: ', 'PHX_ERR_AUTH_OPTION', authenticate],
    ['option options: ', 'PHX_ERR_AUTH_OPTION', createJwtVerifier],
    ['option options: ', 'PHX_ERR_AUTH_OPTION', createPhoenixToken],
    ['option options: ', 'PHX_ERR_AUTH_OPTION', createPhoenixTokenVerifier],
    ['hook plugin a: the options', 'PHX_ERR_HOOKS_DEFINITION', (options) => defineHooks('a', {}, options)],
    ['hook plugin a: the functions', 'PHX_ERR_HOOKS_DEFINITION', (functions) => defineHooks('a', functions)]
  ]
  for (const [message, code, take] of takers) {
    for (const [make, what] of noRecords) {
      const value = make() as never
      t.throws(() => take(value), { code, message }, message)
      t.throws(() => take(value), { message: `must be an object, not ${what}` }, message)
    }
  }
})

t.test('an option that does not exist is refused by name', async (t) => {
  for (const name of ['chanels', 'constructor', 'toString']) {
    t.match(await register({ [name]: 1 }), { code: 'PHX_ERR_OPTION_INVALID', message: `option ${name}` })
  }
})

t.test('right options are taken', async (t) => {
  const right: Partial<PhoenixOptions>[] = [
    { serializers: [v1] },
    { checkOrigin: ['//*.example.com'], host: 'example.com' },
    { websocket: false },
    { longpoll: false },
    { limits: { events: { count: 0, windowMs: 1 } }, maxChannels: 0 },
    { websocket: { path: 'ws/:shard', timeoutMs: 0, compress: true, subprotocols: ['mqtt'] } }
  ]
  for (const one of right) t.equal(await register(one), undefined)
})

t.test('a callback that is almost one is named, also where a class has it', async (t) => {
  class Room {
    readonly members = new Set()
    join = join
    handle_out() {}
    helper() {}
  }
  const meant: [channel: object, key: string, name: string][] = [
    [{ join, handle_in: {} }, 'handle_in', 'handleIn'],
    [{ join, handlein: {} }, 'handlein', 'handleIn'],
    [{ join, handle_info() {} }, 'handle_info', 'handleInfo'],
    [{ join, HandleOut: {} }, 'HandleOut', 'handleOut'],
    [{ join, terminat() {} }, 'terminat', 'terminate'],
    [{ join, termiante() {} }, 'termiante', 'terminate'],
    [new Room(), 'handle_out', 'handleOut']
  ]
  for (const [channel, key, name] of meant) {
    for (const given of [channel, () => channel]) {
      t.match(await register({ channels: { 'room:*': given } }), {
        code: 'PHX_ERR_OPTION_INVALID',
        message: `option channels["room:*"].${key}: there is no such callback of a channel; did you mean ${name}?`
      })
    }
  }
  const { handle_out, ...others } = Object.getOwnPropertyDescriptors(Room.prototype)
  t.ok(handle_out)
  const right = Object.assign(Object.create(Object.create(Object.prototype, others)), { join, members: 1 })
  t.equal(await register({ channels: { 'room:*': right } }), undefined)
})

t.test('an option that is almost one is named, and no channels at all are told so', async (t) => {
  const meant: [options: object, message: string][] = [
    [{ expires_at: () => {} }, 'option expires_at: there is no such option; did you mean expiresAt?'],
    [
      { limits: { topic_joins: 1 } },
      'option limits.topic_joins: there is no such limit; did you mean topicJoins?'
    ],
    [{ websocket: { timeoutMS: 1 } }, 'did you mean timeoutMs?'],
    [{ drain: { batch_size: 1 } }, 'did you mean batchSize?'],
    [{ channels: {} }, 'option channels: is empty']
  ]
  for (const [wrong, message] of meant)
    t.match(await register(wrong), { code: 'PHX_ERR_OPTION_INVALID', message })
})

t.test('wrong options of a user channel are refused by name', async (t) => {
  const wrong: [options: unknown, message: string][] = [
    [null, 'option userChannel: '],
    [{ hook: [] }, 'option userChannel.hook: there is no such option; did you mean hooks?'],
    [{ verify_token() {} }, 'did you mean verifyToken?'],
    [{ hooks: {} }, 'option userChannel.hooks: '],
    [{ userId: 'x' }, 'option userChannel.userId: '],
    [{ verifyToken: 'x' }, 'option userChannel.verifyToken: '],
    [{ onData: {} }, 'option userChannel.onData: '],
    [{ join: {} }, 'option userChannel.join: '],
    [{ handleIn() {} }, 'option userChannel.handleIn: '],
    [{ handleIn: { x: 5 } }, 'option userChannel.handleIn: '],
    [{ handleOut: { x: 5 } }, 'option userChannel.handleOut: '],
    [{ terminate: 5 }, 'option userChannel.terminate: ']
  ]
  for (const [options, message] of wrong) {
    t.throws(() => userChannel(options as object), { code: 'PHX_ERR_OPTION_INVALID', message })
  }
})
