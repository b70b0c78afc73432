import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('a hook in flight is answered before its socket closes with 1012', async (t) => {
  let started: () => void
  let finish: (value: string) => void
  const running = new Promise<void>((resolve) => {
    started = resolve
  })
  const slow = defineHooks('slow', {
    call: () => {
      started()
      return new Promise<string>((resolve) => {
        finish = resolve
      })
    }
  })
  const { app, base } = await startUserServer(t, { hooks: [slow] })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  const order: unknown[] = []
  const closed = new Promise<void>((resolve) => {
    alice.socket.onClose((({ code }: { code: number }) => {
      order.push(code)
      resolve()
    }) as () => void)
  })
  await alice.join()
  void alice.callHook('slow', 'call').then(({ response }) => order.push(response.data))
  await running
  const closing = app.close()
  // The socket is draining once nothing else is under way; the answer is what it waits for.
  setImmediate(() => finish('in time'))
  await Promise.all([closed, closing])
  t.same(order, ['in time', 1012])
})
