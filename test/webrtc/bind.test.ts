import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { silentLogger } from '../../lib/util/logger.js'
import { createNodeDataChannelFactory } from '../../lib/webrtc/native-factory.js'
import { createLoopbackFactory, NativeClient } from '../fixtures/native-client.js'
import { until } from '../fixtures/until.js'

const loopback = '127.0.0.1'
const taken = { code: 'PHX_ERR_WEBRTC_BIND' }

async function listen(t: Test, port = 0, address = loopback): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(port, address)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return socket
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, loopback)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** UDP sockets of this process' network that are bound to the port. */
function sockets(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['udp', 'udp6']
    .flatMap((table) => readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n'))
    .filter((line) => line.trim().split(/\s+/)[1]?.endsWith(suffix)).length
}

t.test('all peers of several mounts share one UDP port, which is kept between them', async (t) => {
  const udpPort = await freePort()
  const factories = [await createLoopbackFactory({ udpPort }), await createLoopbackFactory({ udpPort })]
  t.equal(sockets(udpPort), 1, 'before any peer')
  const clients = Array.from(
    { length: 20 },
    (_, index) => new NativeClient({ factory: factories[index % 2] as (typeof factories)[number] })
  )
  const channels = await Promise.all(clients.map((client) => client.connect(['events'])))
  t.equal(sockets(udpPort), 1)
  await Promise.all(
    channels.map(async ([events], index) => {
      t.match(await events?.call('demo', 'echo', [index]), { data: [index] })
    })
  )
  for (const client of clients) {
    const { payload } = await client.pushes(({ event }) => event === 'webrtc:ice')
    t.match(payload.candidate, new RegExp(` 127\\.0\\.0\\.1 ${udpPort} typ host$`))
    client.session.end()
    client.disconnect()
  }
  for (const factory of factories) {
    t.equal(factory.size, 0)
    t.equal(sockets(udpPort), 1, 'kept by a factory')
    factory.close()
    factory.close()
  }
  await until(() => sockets(udpPort) === 0)
})

t.test('a server that starts again at once gets its port again', async (t) => {
  const udpPort = await freePort()
  for (let start = 0; start < 3; start++) {
    const factory = await createLoopbackFactory({ udpPort })
    const client = new NativeClient({ factory })
    const [events] = await client.connect(['events'])
    t.match(await events?.call('p', 'f', [start]), { data: [start] })
    factory.close()
    client.disconnect()
  }
})

t.test('a port in use is found at the start, whoever has it', async (t) => {
  const udpPort = (await listen(t)).address().port
  await t.rejects(createLoopbackFactory({ udpPort }), {
    ...taken,
    message: `WebRTC peers cannot bind UDP port ${udpPort} of 127.0.0.1: the port is in use`,
    cause: { code: 'EADDRINUSE' }
  })
  await t.rejects(createNodeDataChannelFactory({ udpPort }, silentLogger), {
    ...taken,
    message: /of all addresses: the port is in use/
  })
  await t.rejects(createLoopbackFactory({ portRange: [udpPort, udpPort] }), taken)
})

t.test('a port that is shared in this process is shared on one address', async (t) => {
  const udpPort = await freePort()
  const factory = await createLoopbackFactory({ udpPort })
  t.teardown(() => factory.close())
  await t.rejects(createLoopbackFactory({ udpPort, bindAddress: '127.0.0.2' }), {
    code: 'PHX_ERR_OPTION_INVALID',
    message: /webrtc\.udpPort: port \d+ is in use by peers that bind 127\.0\.0\.1/
  })
})

t.test('an address that is not of this machine is found at the start', async (t) => {
  await t.rejects(createLoopbackFactory({ bindAddress: '192.0.2.1' }), {
    ...taken,
    message: /cannot bind 192\.0\.2\.1: it is no address of this machine/,
    cause: { code: 'EADDRNOTAVAIL' }
  })
})

t.test('when every port of the range is taken offers are refused, and peers go on', async (t) => {
  const port = await freePort()
  const factory = await createLoopbackFactory({ portRange: [port, port] })
  await until(() => sockets(port) === 0)
  const first = new NativeClient({ factory })
  const [events] = await first.connect(['events'])
  const second = new NativeClient({ factory })
  t.ok(factory.canBind)
  t.same((await second.offer()).response, { error: 'internal_error' })
  t.equal(factory.size, 1)
  t.notOk(factory.canBind, 'which is known from then on')
  t.match(await events?.call('p', 'f', [1]), { data: [1] })
  first.session.end()
  first.disconnect()
  await until(() => factory.canBind)
  t.pass('and found out without another offer when a port is free again')
  second.disconnect()
  factory.close()
})

t.test('peers meet over IPv6', async (t) => {
  const factory = await createLoopbackFactory({ bindAddress: '::1', udpPort: await freePort() })
  const client = new NativeClient({ factory, bindAddress: '::1' })
  const [events] = await client.connect(['events'])
  t.match(await events?.call('p', 'f', [6]), { data: [6] })
  const { payload } = await client.pushes(({ event }) => event === 'webrtc:ice')
  t.match(payload.candidate, / ::1 \d+ typ host$/)
  client.session.end()
  client.disconnect()
  factory.close()
})
