import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { readSendQueues, socketInode } from '../../lib/transport/send-queues.js'
import { inodeOf, WriteProgress } from '../../lib/transport/write-progress.js'
import { until } from '../fixtures/until.js'

const skip = process.platform === 'linux' ? false : 'only Linux tells'

for (const host of ['127.0.0.1', '::1']) {
  t.test(`what a client at ${host} has not taken yet is in its send queue`, { skip }, async (t) => {
    const server = createServer().listen(0, host)
    t.teardown(() => server.close())
    await once(server, 'listening')
    const accepted = once(server, 'connection')
    const client = connect((server.address() as { port: number }).port, host)
    const [socket] = (await accepted) as [Socket]
    t.teardown(() => client.destroy())
    t.teardown(() => socket.destroy())

    const { inode = '' } = new WriteProgress(socket)
    const queued = async (): Promise<number | undefined> => (await readSendQueues([inode])).get(inode)
    t.equal(await queued(), 0)
    t.equal((await readSendQueues(['x'])).size, 0)
    while (socket.write(Buffer.alloc(1024 * 1024)));
    await until(async () => Number(await queued()) > 0)
    client.resume()
    await until(async () => (await queued()) === 0)
  })
}

t.test('what is no socket has no send queue', async (t) => {
  for (const fd of [undefined, null, -1, 'x', {}, 2 ** 30, 0]) t.equal(socketInode(fd), undefined)
  for (const connection of [undefined, {}]) t.equal(inodeOf(connection), undefined)
  t.equal(new WriteProgress({ writableLength: 0 }).inode, undefined)
  t.same(await readSendQueues([]), new Map())
})
