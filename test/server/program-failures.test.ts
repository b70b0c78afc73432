import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { program, type ServerStart, spawnServer } from '../fixtures/server-process.js'

/** The start fails with status 1 and at most three lines, which match. */
async function fails(t: Test, start: ServerStart, message: RegExp): Promise<void> {
  const server = spawnServer(t, program, start)
  t.equal(await server.ended, 1, String(message))
  t.equal(server.stdout(), '')
  t.match(server.stderr(), message)
  t.ok(server.stderr().trimEnd().split('\n').length <= 3, server.stderr())
  t.notMatch(server.stderr(), /^\s+at /m, 'no stack trace')
}

t.test('a wrong option is named as it was given', async (t) => {
  await fails(t, { env: { PORT: 'http' } }, /PORT must be a port/)
  await fails(t, { env: { NATS_URL: 'redis://127.0.0.1' } }, /NATS_URL must be nats:/)
  const two = { env: { NATS_URL: 'nats://127.0.0.1' }, args: ['--redis', 'redis://127.0.0.1'] }
  await fails(t, two, /NATS_URL and --redis are two engines/)
  await fails(t, { args: ['--limits', '{"x":1}'] }, /--limits "x": there is no such limit/)
  await fails(t, { args: ['--prot', '80'] }, /--prot is no option/)
})

t.test('a Redis that is not there is named as it was given, without its password', async (t) => {
  const url = 'redis://app:secret@127.0.0.1:1'
  await fails(
    t,
    { env: { REDIS_URL: url } },
    /REDIS_URL: Redis cannot be reached: connect ECONNREFUSED [^@]*$/
  )
  await fails(t, { args: ['--redis', url, '--workers', '2'] }, /--redis: Redis cannot be reached: [^@]*$/)
  await fails(t, { args: ['--redis', `${url}/first`] }, /--redis: must be redis(?!.*secret)/)
})

t.test('a port in use is named as it was given', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const port = String((other.address() as AddressInfo).port)
  await fails(t, { env: { PORT: port } }, new RegExp(`PORT: port ${port} of 127.0.0.1 is in use`))
  await fails(t, { args: ['--port', port] }, /--port: port/)
})

t.test('a UDP port in use is named as it was given, and so is what cannot be had with another', async (t) => {
  const other = createSocket('udp4').bind(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const port = String(other.address().port)
  await fails(t, { env: { WEBRTC_UDP_PORT: port } }, /^\S+ WEBRTC_UDP_PORT: .*the port is in use/)
  await fails(t, { args: ['--webrtc-udp-port', port] }, /--webrtc-udp-port: .*the port is in use/)
  await fails(
    t,
    { env: { WEBRTC_BIND: '127.0.0.1', WEBRTC_PUBLIC_IP: '2001:db8::7' } },
    /WEBRTC_PUBLIC_IP: must be of the address family/
  )
  await fails(t, { args: ['--webrtc-public-ip', '192.0.2.1,192.0.2.2'] }, /--webrtc-public-ip: must be an IP/)
})

t.test('an address that is not there is named', async (t) => {
  await fails(t, { env: { HOST: '192.0.2.1' } }, /HOST: 192\.0\.2\.1 is no address of this machine/)
  await fails(t, { args: ['--host', 'nowhere.invalid'] }, /--host: nowhere\.invalid does not resolve/)
  await fails(
    t,
    { env: { WEBRTC_BIND: '192.0.2.1' } },
    /WEBRTC_BIND: WebRTC peers cannot bind 192\.0\.2\.1: it is no address of this machine/
  )
  await fails(
    t,
    { env: { WEBRTC_BIND: '127.0.0.1', WEBRTC_PUBLIC_IP: '2001:db8::7' } },
    /WEBRTC_PUBLIC_IP: must be of the address family/
  )
})

t.test('a hook folder that cannot be served is named, and so is the module', async (t) => {
  const dir = t.testdir({
    syntax: { 'broken.js': 'export function {' },
    throws: { 'angry.ts': 'throw new Error("not today")' },
    twice: { 'same.js': '', 'same.mjs': '' },
    proto: { 'typed.js': 'export const proto = `syntax = "proto3";\nmessage A {`' },
    startup: { 'late.js': 'export async function after_startup () { throw new Error("no database") }' }
  })
  await fails(t, { env: { HOOKS_DIR: join(dir, 'none') } }, /HOOKS_DIR: .*none/)
  await fails(t, { env: { HOOKS_DIR: join(dir, 'syntax') } }, /HOOKS_DIR: .*broken\.js/)
  await fails(t, { args: ['--hooks', join(dir, 'throws')] }, /--hooks: .*angry\.ts.*not today/)
  await fails(t, { args: ['--hooks', join(dir, 'twice')] }, /--hooks: .*same\.mjs/)
  await fails(t, { args: ['--hooks', join(dir, 'proto')] }, /--hooks: .*typed\.js.*proto: illegal/)
  await fails(t, { args: ['--hooks', join(dir, 'startup')] }, /--hooks: .*late.*no database/)
})
