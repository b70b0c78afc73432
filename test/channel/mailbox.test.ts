import t from 'tap'
import type { SocketRef } from '../../lib/channel/channel.js'
import { closed, deferred, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'

t.test('async handlers of one channel do not interleave', async (t) => {
  const order: string[] = []
  const gates = [deferred(), deferred()]
  const client = new TestSocket({
    channels: {
      '*': {
        join: () => ok,
        handleIn: {
          async work(payload) {
            const n = payload as number
            order.push(`start ${n}`)
            await gates[n]?.promise
            order.push(`end ${n}`)
            return { status: 'ok', response: { n } }
          }
        }
      }
    }
  })
  client.join('a')
  client.sent()
  client.receive('1', '2', 'a', 'work', 0)
  client.receive('1', '3', 'a', 'work', 1)
  gates[1]?.resolve()
  await settled()
  t.same(order, ['start 0'])
  gates[0]?.resolve()
  t.same(await client.sentSoon(), [reply('1', '2', 'a', { n: 0 }), reply('1', '3', 'a', { n: 1 })])
  t.same(order, ['start 0', 'end 0', 'start 1', 'end 1'])
})

t.test('channels of one socket do not wait for each other', async (t) => {
  const { promise, resolve } = deferred()
  const client = new TestSocket({
    channels: { '*': { join: () => ok, handleIn: { wait: () => promise.then(() => ok), ping: () => ok } } }
  })
  client.join('a', '1')
  client.join('b', '2')
  client.sent()
  client.receive('1', '3', 'a', 'wait', {})
  client.receive('2', '4', 'b', 'ping', {})
  t.same(client.sent(), [reply('2', '4', 'b')])
  resolve()
  t.same(await client.sentSoon(), [reply('1', '3', 'a')])
})

t.test(
  'messages that wait for a handler are handled in their order, broadcasts and timers among them',
  async (t) => {
    const { promise, resolve } = deferred()
    const order: string[] = []
    const client = new TestSocket({
      channels: {
        '*': {
          join(_params, channel) {
            channel.subscribe('elsewhere')
            return ok
          },
          handleIn: {
            wait(_payload, channel) {
              channel.setTimeout(() => void order.push('timer'), 10)
              channel.defer(() => void order.push('deferred'))
              return promise
            },
            note: () => void order.push('event')
          },
          handleOut: { news: () => void order.push('intercepted') },
          handleInfo: () => void order.push('info')
        }
      }
    })
    client.join('a')
    client.receive('1', '2', 'a', 'wait', {})
    client.endpoint.broadcast('a', 'news', {})
    client.receive('1', '3', 'a', 'note', {})
    client.clock.advance(10)
    client.endpoint.broadcast('elsewhere', 'x', {})
    t.same(order, [])
    resolve()
    await settled()
    t.same(order, ['deferred', 'intercepted', 'event', 'timer', 'info'])
  }
)

t.test('a deferred function runs after the handler that deferred it, never inside it', async (t) => {
  const client = new TestSocket({
    channels: {
      '*': {
        join(_params, channel) {
          channel.defer(() => channel.push('after_join', {}))
          return ok
        },
        handleIn: {
          go(_payload, channel) {
            channel.defer(() => channel.push('after', {}))
            return ok
          }
        }
      }
    }
  })
  client.join('a')
  t.same(client.sent(), [reply('1', '1', 'a'), ['1', null, 'a', 'after_join', {}]])
  client.receive('1', '2', 'a', 'go', {})
  t.same(await client.sentSoon(), [reply('1', '2', 'a'), ['1', null, 'a', 'after', {}]])
})

t.test('a deferred function and a timer may stop the channel', async (t) => {
  const client = new TestSocket({
    channels: {
      '*': {
        join: () => ok,
        handleIn: {
          defer: (_payload, channel) => channel.defer(() => ({ stop: 'normal' })),
          timer: (_payload, channel) => void channel.setTimeout(() => ({ stop: 'shutdown' }), 5)
        }
      }
    }
  })
  client.join('a')
  client.join('b', '2')
  client.sent()
  client.receive('1', '3', 'a', 'defer', {})
  client.receive('2', '4', 'b', 'timer', {})
  client.clock.advance(5)
  t.same(await client.sentSoon(), [closed('1', 'a'), closed('2', 'b')])
})

t.test('a kept message is answered later, as often as wanted, until the channel ends', async (t) => {
  let ref: SocketRef | undefined
  const client = new TestSocket({
    channels: {
      '*': {
        join: () => ok,
        handleIn: {
          keep(_payload, channel) {
            ref = channel.socketRef()
          },
          answer: (payload, channel) => channel.reply(ref as SocketRef, { status: 'ok', response: payload }),
          answerAndStop(_payload, channel) {
            channel.defer(() => channel.reply(ref as SocketRef, ok))
            return { stop: 'normal' }
          }
        }
      }
    }
  })
  client.join('a')
  client.sent()
  client.receive('1', '7', 'a', 'keep', {})
  client.receive('1', '8', 'a', 'answer', { n: 1 })
  client.receive('1', '9', 'a', 'answer', { n: 2 })
  t.same(client.sent(), [reply('1', '7', 'a', { n: 1 }), reply('1', '7', 'a', { n: 2 })])
  client.receive('1', '10', 'a', 'answerAndStop', {})
  t.same(await client.sentSoon(), [closed('1', 'a')])
})

t.test(
  'there is no message to keep without a ref, and none outside of a handler of the client',
  async (t) => {
    const codes: unknown[] = []
    const client = new TestSocket({
      channels: {
        '*': {
          join: () => ok,
          handleIn: {
            keep(_payload, channel) {
              const attempt = (): void => {
                try {
                  channel.socketRef()
                } catch (err) {
                  codes.push((err as { code?: string }).code)
                }
              }
              attempt()
              channel.defer(attempt)
            }
          }
        }
      }
    })
    client.join('a')
    client.receive('1', null, 'a', 'keep', {})
    await settled()
    t.same(codes, ['PHX_ERR_CHANNEL_NO_REF', 'PHX_ERR_CHANNEL_NO_REF'])
  }
)

t.test('the size and the ref of the message in hand are known to its handler', async (t) => {
  const seen: unknown[] = []
  const client = new TestSocket({
    channels: { '*': { join: () => ok, handleIn: { x: (_payload, { message }) => void seen.push(message) } } }
  })
  client.join('a')
  const frame = Buffer.from('["1","2","a","x",{}]')
  client.socket.receive(frame, false)
  t.match(seen, [{ ref: '2', bytes: frame.length }])
})

t.test('a stop may carry a reply, which is sent before the end', async (t) => {
  const client = new TestSocket({
    channels: {
      '*': { join: () => ok, handleIn: { bye: () => ({ stop: 'normal', reply: { status: 'gone' } }) } }
    }
  })
  client.join('a')
  client.sent()
  client.receive('1', '2', 'a', 'bye', {})
  client.receive('1', '3', 'a', 'bye', {})
  t.same(client.sent(), [
    reply('1', '2', 'a', {}, 'gone'),
    closed('1', 'a'),
    reply(null, '3', 'a', { reason: 'unmatched topic' }, 'error')
  ])
})
