import t from 'tap'
import type { KeptMessage } from '../../lib/history/store.js'
import { JsonText } from '../../lib/protocol/serializer/json.js'
import { v2 } from '../../lib/protocol/serializer/v2.js'
import { Replays } from '../../lib/pubsub/replays.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const message = (offset: number, text = '{}'): KeptMessage => ({
  offset,
  at: 0,
  event: 'say',
  payload: new JsonText(text),
  sender: undefined
})

t.test('clients that come back together are sent the same frames, which are made once', async (t) => {
  const replays = new Replays(new FakeClock())
  const messages = [message(1), message(2)]
  const [first] = replays.of('room:1', messages)
  const [again, second] = replays.of('room:1', messages)
  t.equal(again, first)
  const frame = first?.counted.numbered(v2)
  t.equal(again?.counted.numbered(v2), frame)
  t.equal(String(frame), '[null,"@1","room:1","say",{}]')
  t.equal(String(second?.counted.position(v2)), '[null,null,"room:1","phx_position",{"offset":2}]')
})

t.test('what nobody asks for any more is forgotten, and no timer is left', async (t) => {
  const clock = new FakeClock()
  const replays = new Replays(clock)
  const [one, two] = [message(1), message(2)]
  const [first] = replays.of('room:1', [one, two])
  clock.advance(1_500)
  t.equal(replays.of('room:1', [one])[0], first, 'was asked for again')
  clock.advance(600)
  t.equal(replays.size, 1)
  t.equal(replays.of('room:1', [one])[0], first)
  clock.advance(3_000)
  t.equal(replays.size, 0)
  t.equal(clock.pending, 0)
})

t.test('it is bounded in bytes', async (t) => {
  const replays = new Replays(new FakeClock())
  const large = `{"text":"${'x'.repeat(4 * 1024 * 1024)}"}`
  for (let offset = 1; offset <= 40; offset++) replays.of('room:1', [message(offset, large)])
  t.ok(replays.size <= 18, `${replays.size} messages of 4 MiB`)
  const small = new Replays(new FakeClock())
  for (let offset = 1; offset <= 200_000; offset++) small.of('room:1', [message(offset)])
  t.ok(small.size < 150_000, `${small.size} small messages`)
})
