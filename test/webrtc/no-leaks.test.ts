import t from 'tap'
import { createLoopbackFactory, NativeClient, resources, until } from '../fixtures/native-client.js'

t.test('200 cycles of offer, open, call and end leave nothing behind', async (t) => {
  const factory = await createLoopbackFactory()
  const cycle = async () => {
    const client = new NativeClient({ factory })
    const [events] = await client.connect(['events'])
    await events?.call('p', 'f', [1])
    client.session.end()
    await events?.closed
    client.disconnect()
  }
  for (let i = 0; i < 10; i++) await Promise.all([cycle(), cycle()])
  const start = resources()

  for (let i = 0; i < 100; i++) await Promise.all([cycle(), cycle()])
  t.equal(factory.size, 0)
  // Threads of the library end a little after their peer.
  await until(() => {
    const { threads, files } = resources()
    return threads <= start.threads && files <= start.files
  })
  t.pass('threads and files are as at the start')
})
