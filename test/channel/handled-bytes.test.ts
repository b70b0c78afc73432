import t from 'tap'
import { mergeLimits } from '../../lib/limits/limits.js'
import { memoryOf } from '../../lib/limits/memory-of.js'
import { UserBudget } from '../../lib/limits/user-budgets.js'
import { deferred, ok, settled, TestSocket } from '../fixtures/test-socket.js'

/** JSON that takes twenty times its text when it is parsed: some 80 KB here. */
const dense = `{"a":[${'{},'.repeat(1_000)}{}]}`

const frame = (topic: string, event: string): Buffer =>
  Buffer.from(`["1","2","${topic}","${event}",${dense}]`)

function connect(gate: Promise<unknown>, budget = new UserBudget(mergeLimits())): TestSocket {
  const client = new TestSocket({
    budget,
    limits: { mailboxBytes: 400_000, userMailboxBytes: 805_000 },
    channels: {
      '*': { join: () => ok, handleIn: { wait: () => gate.then(() => ok), now: () => ok } }
    }
  })
  for (let i = 0; i < 20; i++) client.join(`t${i}`)
  return client
}

/** Sends to one topic after the other until the client is not read any more; to how many it did. */
function fill(client: TestSocket): number {
  let count = 0
  while (!client.transport.paused && count < 20) client.socket.receive(frame(`t${count++}`, 'wait'), false)
  return count
}

t.test('what a parser made of dense JSON is known to take many times its text', async (t) => {
  const memory = memoryOf(JSON.parse(dense), dense.length)
  t.ok(memory > 15 * dense.length && memory < 40 * dense.length, `${memory} of ${dense.length}`)
  const text = JSON.stringify({ x: 'x'.repeat(5_000) })
  t.ok(memoryOf(JSON.parse(text), text.length) < 2 * text.length)
  t.ok(memoryOf(new Uint8Array(5_000), 5_000) < 10_000)
  t.equal(memoryOf({ x: [{}] }, 12), 0)
})

t.test('a client is not read while async handlers of many channels have much in hand', async (t) => {
  const gate = deferred()
  const client = connect(gate.promise)
  t.equal(fill(client), 5)
  client.sent()
  gate.resolve()
  while (client.transport.paused) await settled()
  t.equal(client.sent().length, 5, 'and nothing is lost')
  t.equal(client.socket.budget.handledBytes, 0)
})

t.test('what is handled in one turn, or fails, is in hand no more', async (t) => {
  const client = connect(Promise.reject(new Error('no')))
  for (let i = 0; i < 20; i++) client.socket.receive(frame('t0', 'now'), false)
  t.notOk(client.transport.paused)
  t.equal(fill(client), 5)
  while (client.transport.paused) await settled()
  t.equal(client.socket.budget.handledBytes, 0)
})

t.test('it counts over all sockets of a user, those that have closed included', async (t) => {
  const budget = new UserBudget(mergeLimits())
  const [first, second] = [deferred(), deferred()]
  const gone = connect(first.promise, budget)
  t.equal(fill(gone), 5)
  gone.socket.transportClosed(false)
  const full = connect(second.promise, budget)
  t.equal(fill(full), 5)
  const late = connect(second.promise, budget)
  t.equal(fill(late), 1, 'as others of the user have too much in hand')
  t.notOk(budget.isIdle(0))
  second.resolve()
  while (full.transport.paused || late.transport.paused) await settled()
  t.ok(budget.handledBytes > 0, 'of the socket that has closed')
  first.resolve()
  while (budget.handledBytes > 0) await settled()
})
