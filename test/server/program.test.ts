import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { join as joinChannel, openPhoenix, push } from '../fixtures/phoenix-client.js'
import { root } from '../fixtures/root.js'
import { program, spawnServer, startServer } from '../fixtures/server-process.js'
import { UserClient } from '../fixtures/user-client.js'

async function devToken(url: string, userId: string): Promise<string> {
  const response = await fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId })
  })
  return ((await response.json()) as { token: string }).token
}

t.test('the program prints one line once it accepts connections', async (t) => {
  const server = await startServer(t, program)
  t.match(server.stdout(), /^listening on http:\/\/127\.0\.0\.1:\d+\n$/)
  t.equal((await fetch(`${server.url}/healthz`)).status, 200)
  t.match(await (await fetch(server.url)).text(), /^<!doctype html>/)

  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
  t.match(server.stdout(), /^[^\n]*\n$/, 'and nothing more')
})

t.test('SIGTERM and SIGINT close sockets with 1012, run before_stop and end with 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const hooks = t.testdir({
      'last.js': `
        import { writeFileSync } from 'node:fs'
        export function ping () { return 'pong' }
        export function before_stop () { writeFileSync(new URL('stopped', import.meta.url), 'yes') }
      `
    })
    const server = await startServer(t, program, { args: ['--hooks', hooks] })
    const socket = openPhoenix(`${server.url}/socket`, {
      params: { token: await devToken(server.url, 'alice') }
    })
    const closed = new Promise<number>((resolve) => {
      socket.onClose(({ code }: CloseEvent) => resolve(code))
    })
    const channel = socket.channel('user:alice')
    t.equal((await joinChannel(channel)).status, 'ok')
    t.same(await push(channel, 'call_hook', { plugin: 'last', fn: 'ping' }), {
      status: 'ok',
      response: { data: 'pong' }
    })

    server.child.kill(signal)
    t.equal(await closed, 1012, signal)
    socket.disconnect()
    t.equal(await server.ended, 0, signal)
    t.equal(readFileSync(join(hooks, 'stopped'), 'utf8'), 'yes', signal)
  }
})

t.test('at a signal peers close, and hooks that do not end are aborted', async (t) => {
  const hooks = t.testdir({
    'slow.js': `
      import { writeFileSync } from 'node:fs'
      export function hangs ({ signal }) {
        signal.addEventListener('abort', () => writeFileSync(new URL('aborted', import.meta.url), signal.reason.code))
        process.stderr.write('hanging\\n')
        return new Promise(() => {})
      }
    `
  })
  const server = await startServer(t, program, { args: ['--hooks', hooks] })
  const alice = new UserClient(`${server.url}/socket`, 'alice', {
    token: await devToken(server.url, 'alice')
  })
  t.teardown(() => alice.close())
  await alice.join()
  const [events] = await alice.openPeer()
  events?.native.sendMessage('{"type":"call_hook","plugin":"slow","fn":"hangs","id":1}')
  while (!server.stderr().includes('hanging'))
    await once(server.child.stderr as NodeJS.ReadableStream, 'data')

  server.child.kill('SIGTERM')
  await events?.closed
  alice.socket.disconnect()
  t.equal(await server.ended, 0)
  t.equal(readFileSync(join(hooks, 'aborted'), 'utf8'), 'PHX_ERR_HOOKS_CALLER_GONE')
})

t.test('a second signal does not cut the draining short', async (t) => {
  const hooks = t.testdir({
    'slow.js': `
      import { existsSync, writeFileSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      export async function before_stop () {
        writeFileSync(new URL('stopping', import.meta.url), '')
        process.stdout.write('stopping\\n')
        while (!existsSync(new URL('go', import.meta.url))) await setTimeout(5)
        writeFileSync(new URL('stopped', import.meta.url), 'yes')
      }
    `
  })
  const server = await startServer(t, program, { env: { HOOKS_DIR: hooks } })
  server.child.kill('SIGINT')
  await new Promise((resolve) => server.child.stdout?.once('data', resolve))
  server.child.kill('SIGINT')
  server.child.kill('SIGTERM')
  writeFileSync(join(hooks, 'go'), '')
  t.equal(await server.ended, 0)
  t.equal(readFileSync(join(hooks, 'stopped'), 'utf8'), 'yes')
})

t.test('the token secret of the environment is the one that counts', async (t) => {
  const server = await startServer(t, program, { env: { TOKEN_SECRET: 'short', DEV_LOGIN: 'on' } })
  t.match(await devToken(server.url, 'alice'), /^[\w-]+\.[\w-]+\.[\w-]+$/)
  t.match(server.stderr(), /TOKEN_SECRET is shorter than 32 bytes/)
})

t.test('the address is printed as a URL takes it', async (t) => {
  const server = await startServer(t, program, { args: ['--host', '::1'] })
  t.match(server.url, /^http:\/\/\[::1\]:\d+$/)
  t.equal((await fetch(`${server.url}/healthz`)).status, 200)
})

t.test('a name that stands for a loopback address can be listened on', async (t) => {
  const server = await startServer(t, program, { env: { HOST: 'localhost' } })
  t.match(server.url, /^http:\/\/localhost:\d+$/)
  t.equal((await fetch(`${server.url}/healthz`)).status, 200)
})

t.test('the log goes to stderr and holds no token', async (t) => {
  const server = await startServer(t, program)
  const token = await devToken(server.url, 'alice')
  const socket = openPhoenix(`${server.url}/socket`, { params: { token } })
  t.equal((await joinChannel(socket.channel('user:alice'))).status, 'ok')
  socket.disconnect()
  server.child.kill('SIGTERM')
  await server.ended
  t.match(server.stderr(), /"path":"\/socket\/websocket"/)
  t.notMatch(server.stderr(), token)
})

t.test('nor does it hold the token of a mistyped path', async (t) => {
  const server = await startServer(t, program)
  for (const target of [
    '/socket/websocke?vsn=2.0.0&token=s3cret',
    '/socket?%74oken=s3cret',
    '/socket/websocket%3Ftoken=s3cret',
    '/token=s3cret',
    '/%zz?token=s3cret',
    '/s3cret-is-none-here?token='
  ]) {
    const headers = { 'sec-websocket-protocol': 'phoenix, base64url.bearer.phx.s3cret' }
    t.ok((await fetch(server.url + target, { headers })).status >= 400, target)
  }
  server.child.kill('SIGTERM')
  await server.ended
  t.match(server.stderr(), 'Route GET:/socket/websocke?vsn=2.0.0&token=[redacted] not found')
  t.notMatch(server.stderr(), /s3cret(?!-is)/)
})

t.test('help names every option, version is that of the package', async (t) => {
  const help = spawnServer(t, program, { args: ['--help'] })
  t.equal(await help.ended, 0)
  for (const name of ['--host', 'TOKEN_SECRET', '--limits', 'CHECK_ORIGIN', 'fastify-phoenix load'])
    t.match(help.stdout(), name)

  const version = spawnServer(t, program, { args: ['--version'] })
  t.equal(await version.ended, 0)
  const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  t.equal(version.stdout(), `${manifest.version}\n`)
})

t.test('modules of the hook folder load beside any package.json', async (t) => {
  const hooks = t.testdir({
    'package.json': '{"type":"commonjs"}',
    'typed.ts': 'export function twice (_call: unknown, n: number): number { return n * 2 }'
  })
  mkdirSync(join(hooks, 'folder'))
  const server = await startServer(t, program, { env: { HOOKS_DIR: hooks } })
  const socket = openPhoenix(`${server.url}/socket`, { params: { token: await devToken(server.url, 'bob') } })
  const channel = socket.channel('user:bob')
  await joinChannel(channel)
  const { response } = await push(channel, 'call_hook', { plugin: 'typed', fn: 'twice', args: [21] })
  t.same(response, { data: 42 })
  socket.disconnect()
})
