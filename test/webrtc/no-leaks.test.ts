import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { fakeOffer } from '../fixtures/fake-peer.js'
import { createLoopbackFactory, NativeClient, resources } from '../fixtures/native-client.js'
import { until } from '../fixtures/until.js'

const nothing = (): void => {}
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

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

t.test('a peer that is closed before its answer has come leaves no memory behind', async (t) => {
  const factory = await createLoopbackFactory()
  const ignored = { onAnswer: nothing, onCandidate: nothing, onState: nothing, onDataChannel: nothing }
  // The answer repeats these lines: 100 KiB and more are lost with each that the library does not hand over.
  const sdp = fakeOffer() + 'a=x-padding:1\r\n'.repeat(4000)
  const growth = async (peers: number): Promise<number> => {
    collectGarbage()
    const before = process.memoryUsage.rss()
    const { files } = resources()
    for (let i = 0; i < peers; i++) {
      const peer = factory.create(ignored)
      peer.setOffer(sdp)
      peer.close()
      // Few at a time, as the answer of each is on its way for a moment.
      while (resources().files > files + 50) await turn()
    }
    await until(() => resources().files <= files)
    collectGarbage()
    return process.memoryUsage.rss() - before
  }
  await growth(200)
  // Memory grows in steps, so what is left behind has to show each time.
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 3; i++) least = Math.min(least, await growth(300))
  t.ok(least < 300 * 50 * 1024, `${least} bytes`)
  t.equal(factory.size, 0)
})
