import { once } from 'node:events'
import t, { type Test } from 'tap'
import { defineHooks, type PhoenixOptions } from '../../plugins/phoenix.js'
import { deferred } from '../fixtures/test-socket.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

/** A server with a hook that the test lets finish, and a client that notes what comes when. */
async function start(t: Test, options: Partial<PhoenixOptions> = {}) {
  const running = deferred()
  const finished = deferred<string>()
  const aborted: unknown[] = []
  const slow = defineHooks('slow', {
    call: () => {
      running.resolve()
      return finished.promise
    },
    async hangs({ signal }) {
      running.resolve()
      await once(signal, 'abort')
      aborted.push((signal.reason as { code: string }).code)
      return new Promise(() => {})
    }
  })
  const { app, base } = await startUserServer(t, { hooks: [slow] }, options)
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  const order: unknown[] = []
  const closed = new Promise<void>((resolve) => {
    alice.socket.onClose((({ code }: { code: number }) => {
      order.push(code)
      // The server is gone: there is nothing to come back to.
      alice.socket.disconnect()
      resolve()
    }) as () => void)
  })
  await alice.join()
  return { app, alice, order, closed, running: running.promise, finish: finished.resolve, aborted }
}

t.test('a hook in flight is answered before its socket closes with 1012', async (t) => {
  const { app, alice, order, closed, running, finish } = await start(t)
  void alice.callHook('slow', 'call').then(({ response }) => order.push(response.data))
  await running
  const closing = app.close()
  // The socket is draining once nothing else is under way; the answer is what it waits for.
  setImmediate(() => finish('in time'))
  await Promise.all([closed, closing])
  t.same(order, ['in time', 1012])
})

t.test('a hook in flight over a DataChannel is answered before its peer closes', async (t) => {
  const { app, alice, closed, order, running, finish } = await start(t)
  const [events] = await alice.openPeer()
  const answer = events?.call('slow', 'call')
  await running
  const closing = app.close()
  setImmediate(() => finish('in time'))
  t.match(await answer, { type: 'hook_reply', data: 'in time' })
  await Promise.all([events?.closed, closed, closing])
  t.same(order, [1012])
  t.same(app.phoenix.peersOf('alice'), [])
})

t.test('a hook that does not end is aborted when the time to drain is up, and its peer closes', async (t) => {
  const { app, alice, closed, order, running, aborted } = await start(t, { drain: { shutdownMs: 100 } })
  const [events] = await alice.openPeer()
  events?.native.sendMessage('{"type":"call_hook","plugin":"slow","fn":"hangs","id":1}')
  await running
  await app.close()
  t.same(aborted, ['PHX_ERR_HOOKS_CALLER_GONE'])
  t.same(app.phoenix.peersOf('alice'), [])
  await Promise.all([events?.closed, closed])
  t.equal(order.length, 1)
})

// The process does not end, and the test with it, while a native handle is left.
t.test('peers close with their server alone, and leave nothing behind', async (t) => {
  const { app, alice } = await start(t)
  const [events] = await alice.openPeer()
  const { base } = await startUserServer(t)
  const other = new UserClient(base, 'bob')
  t.teardown(() => other.close())
  await other.join()
  const [elsewhere] = await other.openPeer()
  await app.close()
  await events?.closed
  t.same(app.phoenix.peersOf('alice'), [])
  t.match(await elsewhere?.call('calls', 'echo', [1]), { data: 1 })
})
