import t from 'tap'
import { recoverable } from '../../lib/client/recoverable.js'

t.test('what follows an answer that came too late is not counted: it comes again', async (t) => {
  const { channel, come, asked, heard } = bare()
  channel.joinPush.send()
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 1, recovered: false } } },
    '1'
  )
  come('say', { n: 2 }, '@2')
  channel.joinPush.send()
  t.same(asked.at(-1), { epoch: 'e', offset: 2 })
  channel.joinPush.ref = null
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 2, recovered: true } } },
    '2'
  )
  come('say', { n: 4 }, '@4')
  come('phx_position', { offset: 5 }, null)
  come('say', { n: 'without' }, null)
  channel.joinPush.send()
  t.same(asked.at(-1), { epoch: 'e', offset: 2 })
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 2, recovered: true } } },
    '3'
  )
  come('say', { n: 3 }, '@3')
  t.same(heard, [{ n: 2 }, { n: 'without' }, { n: 3 }])
})

t.test('an event of the application by the name of a position is an event like others', async (t) => {
  const { channel, come, asked } = bare()
  channel.joinPush.send()
  come(
    'phx_reply',
    { status: 'ok', response: { phx_recover: { epoch: 'e', offset: 0, recovered: false } } },
    '1'
  )
  come('phx_position', { offset: 7 }, '@1')
  channel.joinPush.send()
  t.same(asked.at(-1), { epoch: 'e', offset: 1 })
})

/** A channel as phoenix.js has it, without a connection. */
function bare() {
  const asked: unknown[] = []
  const heard: unknown[] = []
  let refs = 0
  const socket = {
    channel(_topic: string, params: () => object = () => ({})) {
      const joinPush = {
        ref: null as string | null,
        send() {
          this.ref = String(++refs)
          const { client: _, ...position } = (params() as { phx_recover: { client: string } }).phx_recover
          asked.push(position)
        }
      }
      return {
        joinPush,
        joinRef: () => joinPush.ref,
        trigger(event: string, payload: unknown, _ref?: unknown) {
          if (event === 'say') heard.push(payload)
        }
      }
    }
  }
  const channel = recoverable(socket, 'room:1')
  const come = (event: string, payload: unknown, ref: unknown): void => channel.trigger(event, payload, ref)
  return { channel, come, asked, heard }
}
