import t from 'tap'
import { defineChannel, refuse, userChannel } from '../../plugins/phoenix.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { refusal } from '../fixtures/raw-client.js'
import { outcomeOf, RecordedSpans } from '../fixtures/spans.js'
import { arena, startTraced } from '../fixtures/traced-server.js'

const spans = new RecordedSpans().register()
t.afterEach(() => spans.reset())

const fine = { status: 'UNSET', error: undefined, exceptions: [] }

t.test(
  'what comes of a hook call: a reason that it gives is no error, a failure and a time-out are',
  async (t) => {
    const { base } = await startTraced(t, { limits: { hookTimeoutMs: 20 } })
    const channel = connectPhoenix(t, `${base}/socket`, { params: { user_id: 'a' } }).channel('user:a')
    await join(channel)
    const call = async (fn: string, plugin = 'arena') => {
      await push(channel, 'call_hook', { plugin, fn })
      return outcomeOf(
        await spans.one(plugin === 'arena' && fn !== 'none' ? `phoenix.hook arena.${fn}` : 'phoenix.hook')
      )
    }
    t.match(await call('fire'), { result: 'ok', ...fine })
    t.match(await call('refuses'), { result: 'not_today', ...fine })
    t.match(await call('none'), { result: 'not_implemented', ...fine })
    t.match(await call('throws'), {
      result: 'internal_error',
      status: 'ERROR',
      error: 'Error',
      exceptions: ['the database is away']
    })
    t.match(await call('hangs'), { result: 'timeout', status: 'ERROR', error: 'PHX_ERR_HOOKS_TIMEOUT' })
    t.match(await call('circular'), {
      result: 'result_not_json_encodable',
      status: 'ERROR',
      error: 'TypeError'
    })
    const unknown = await spans.one('phoenix.hook')
    t.notOk('rpc.method' in unknown.attributes, 'names that there are not are text of the client')
  }
)

const moody = defineChannel({
  join: (params) => {
    const { mood } = params as { mood?: string }
    if (mood === 'bad') throw new Error('no mood')
    return mood === 'no' ? { status: 'error', response: { reason: 'unauthorized' } } : { status: 'ok' }
  },
  handleIn: {
    nack: () => ({ status: 'error', response: { reason: 'no' } }),
    async crash() {
      throw new TypeError('a secret of the server')
    },
    odd: () => 42 as never
  }
})

t.test('what comes of joins and events', async (t) => {
  const { base } = await startTraced(t, {
    channels: { 'a:*': moody, 'b:*': moody, 'c:*': moody, 'd:*': moody }
  })
  const socket = connectPhoenix(t, `${base}/socket`)
  const joined = async (pattern: string, params: object) => {
    const channel = socket.channel(`${pattern}:1`, params)
    await join(channel)
    if (params !== undefined && 'mood' in params) channel.leave()
    return outcomeOf(await spans.one(`phoenix.join ${pattern}:*`))
  }
  t.match(await joined('a', { mood: 'no' }), { result: 'error', ...fine })
  t.match(await joined('b', { mood: 'bad' }), {
    result: 'crashed',
    status: 'ERROR',
    error: 'Error',
    exceptions: ['no mood']
  })
  const event = async (pattern: string, name: string) => {
    const channel = socket.channel(`${pattern}:2`)
    await join(channel)
    channel.push(name, {})
    return outcomeOf(await spans.one(`phoenix.handle_in ${pattern}:*`))
  }
  t.match(await event('a', 'nack'), { result: 'error', ...fine })
  t.match(await event('b', 'crash'), {
    result: 'crashed',
    status: 'ERROR',
    error: 'TypeError',
    exceptions: ['a secret of the server']
  })
  t.match(await event('c', 'odd'), { result: 'crashed', status: 'ERROR', error: 'crashed' })
  t.match(await event('d', 'nobody'), {
    result: 'crashed',
    status: 'ERROR',
    error: 'PHX_ERR_CHANNEL_NO_HANDLER'
  })
})

t.test('what comes of connects', async (t) => {
  const failing = await startTraced(t, {
    connect: () => {
      throw new Error('no database')
    }
  })
  t.equal(await refusal(failing.url), 500)
  t.match(outcomeOf(await spans.one('phoenix.connect /socket')), {
    result: 'failed',
    status: 'ERROR',
    error: 'PHX_ERR_SOCKET_CONNECT'
  })
  spans.reset()
  const refusing = await startTraced(t, { connect: () => refuse('banned') })
  t.equal(await refusal(refusing.url), 403)
  t.match(outcomeOf(await spans.one('phoenix.connect /socket')), { result: 'refused', ...fine })
})

t.test('what else fails', async (t) => {
  const { base, app } = await startTraced(t, {
    channels: {
      'user:*': userChannel({
        hooks: [arena],
        handleOut: {
          said: () => {
            throw new Error('cannot look')
          }
        },
        terminate: async () => {
          throw new Error('cannot end')
        }
      })
    }
  })
  const channel = connectPhoenix(t, `${base}/socket`, { params: { user_id: 'a' } }).channel('user:a')
  await join(channel)
  app.phoenix.broadcast('user:a', 'said', {})
  t.match(outcomeOf(await spans.one('phoenix.handle_out user:*')), {
    result: 'crashed',
    status: 'ERROR',
    exceptions: ['cannot look']
  })
  t.match(outcomeOf(await spans.one('phoenix.terminate user:*')), {
    result: 'crashed',
    status: 'ERROR',
    exceptions: ['cannot end']
  })
})
