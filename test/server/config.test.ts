import t, { type Test } from 'tap'
import { type Environment, readConfig, type ServerConfig } from '../../lib/server/config.js'
import type { Interfaces } from '../../lib/server/peer-bind.js'

const loopback = { lo: [{ address: '127.0.0.1', internal: true }] }
const outside = { ...loopback, eth0: [{ address: '10.0.0.5', internal: false }] }

function read(env: Environment = {}, argv: string[] = [], interfaces: Interfaces = outside): ServerConfig {
  const command = readConfig({ argv, env, interfaces })
  if (command.run !== 'server') throw new Error(`the command is ${command.run}`)
  return command.config
}

function refuses(t: Test, message: string | RegExp, env: Environment, argv: string[] = []): void {
  t.throws(() => read(env, argv), { code: 'PHX_ERR_SERVER_OPTION', message })
}

t.test('nothing given means a server for this machine alone, with dev login', async (t) => {
  const config = read()
  t.match(config, {
    host: '127.0.0.1',
    port: 4000,
    devLogin: true,
    iceServers: [],
    webrtc: true,
    webrtcBind: undefined,
    hooksDir: undefined,
    webrtcPublicIp: undefined
  })
  t.same(config.limits, {})
})

t.test('without a secret each run gets a random one', async (t) => {
  const { tokenSecret } = read()
  t.ok(tokenSecret.length >= 32)
  t.not(read().tokenSecret, tokenSecret)
})

t.test('every option can be given in the environment', async (t) => {
  const config = read({
    HOST: '0.0.0.0',
    PORT: '0',
    TOKEN_SECRET: 's3cret',
    DEV_LOGIN: 'on',
    HOOKS_DIR: './hooks',
    ICE_SERVERS: '[{"urls":"stun:stun.example:3478"}]',
    WEBRTC_PUBLIC_IP: '203.0.113.7, 2001:db8::7',
    WEBRTC_UDP_PORT: '3478',
    WEBRTC_BIND: '10.0.0.5',
    CHECK_ORIGIN: 'https://example.com, //*.example.org',
    WEBRTC: 'off',
    REDIS_URL: 'rediss://app:secret@redis.example',
    LIMITS: '{"socketsPerUser":2}'
  })
  t.match(config, {
    redisUrl: 'rediss://app:secret@redis.example',
    host: '0.0.0.0',
    port: 0,
    tokenSecret: 's3cret',
    devLogin: true,
    hooksDir: './hooks',
    iceServers: [{ urls: 'stun:stun.example:3478' }],
    webrtcPublicIp: ['203.0.113.7', '2001:db8::7'],
    webrtcUdpPort: 3478,
    webrtcBind: '10.0.0.5',
    checkOrigin: ['https://example.com', '//*.example.org'],
    webrtc: false,
    limits: { socketsPerUser: 2 }
  })
})

t.test('one engine joins servers: Redis, or NATS with several servers', async (t) => {
  const { natsServers } = read({ NATS_URL: 'nats://alice:secret@nats-1:4222, nats-2' })
  t.same(natsServers, ['nats://alice:secret@nats-1:4222', 'nats-2'])
  const both = { NATS_URL: 'nats-1', REDIS_URL: 'redis://redis.example' }
  t.throws(() => read(both), {
    code: 'PHX_ERR_SERVER_OPTION',
    message: /NATS_URL and REDIS_URL are two engines/
  })
})

t.test('every option can be given on the command line', async (t) => {
  const argv =
    '--host ::1 --port=4001 --token-secret x --dev-login off --hooks h --ice-servers [] --webrtc-public-ip ' +
    '203.0.113.7 --webrtc-udp-port 3478 --webrtc-bind 127.0.0.2 --check-origin //a.example --webrtc on --limits {}'
  t.match(read({}, argv.split(' ')), {
    host: '::1',
    port: 4001,
    tokenSecret: 'x',
    devLogin: false,
    hooksDir: 'h',
    iceServers: [],
    webrtcPublicIp: ['203.0.113.7'],
    webrtcUdpPort: 3478,
    webrtcBind: '127.0.0.2',
    checkOrigin: ['//a.example'],
    webrtc: true,
    limits: {}
  })
})

t.test('the command line wins over the environment, also over a wrong value there', async (t) => {
  t.equal(read({ PORT: '4001' }, ['--port', '4002']).port, 4002)
  t.equal(read({ PORT: 'no' }, ['--port', '4002']).port, 4002)
})

t.test('names say what each option was given as', async (t) => {
  const { names } = read({ HOST: '::1' }, ['--port', '1'])
  t.match(names, { host: 'HOST', port: '--port', webrtcBind: 'WEBRTC_BIND' })
})

t.test('proxies are believed where they are named', async (t) => {
  t.equal(read({}).trustProxy, false)
  t.equal(read({ TRUST_PROXY: 'on' }).trustProxy, true)
  t.equal(read({ TRUST_PROXY: 'off' }).trustProxy, false)
  t.equal(read({ TRUST_PROXY: '2' }).trustProxy, 2)
  t.same(read({}, ['--trust-proxy', 'loopback, 10.0.0.0/8, ::1']).trustProxy, [
    'loopback',
    '10.0.0.0/8',
    '::1'
  ])
  for (const text of ['yes', '-1', '10.0.0.0/33', '10.0.0.1/', 'a.example', '1.2.3.4,']) {
    refuses(t, /^TRUST_PROXY must be/, { TRUST_PROXY: text })
  }
})

t.test('dev login is on while there is no secret and the host is a loopback address', async (t) => {
  t.equal(read({ HOST: 'localhost' }).devLogin, true)
  t.equal(read({ HOST: '127.0.0.2' }).devLogin, true)
  t.equal(read({ HOST: '::1' }).devLogin, true)
  t.equal(read({ HOST: '0.0.0.0' }).devLogin, false)
  t.equal(read({ HOST: '192.0.2.1' }).devLogin, false)
  t.equal(read({ TOKEN_SECRET: 'x' }).devLogin, false)
  t.equal(read({ TOKEN_SECRET: 'x', DEV_LOGIN: 'on' }).devLogin, true)
  t.equal(read({ DEV_LOGIN: 'off' }).devLogin, false)
})

t.test('peers bind all addresses, and loopback where there is no other', async (t) => {
  for (const HOST of ['localhost', '127.0.0.3', '::1', '0.0.0.0', '10.0.0.5']) {
    t.equal(read({ HOST }).webrtcBind, undefined, HOST)
  }
  const linkLocal = {
    eth0: [
      { address: 'fe80::1', internal: false },
      { address: '169.254.3.4', internal: false }
    ],
    eth1: undefined
  }
  for (const alone of [loopback, {}, { ...loopback, ...linkLocal }]) {
    const bindOf = (HOST: string) => read({ HOST }, [], alone).webrtcBind
    t.equal(bindOf('localhost'), '127.0.0.1')
    t.equal(bindOf('127.0.0.3'), '127.0.0.3')
    t.equal(bindOf('::1'), '::1')
    t.equal(bindOf('0.0.0.0'), '127.0.0.1')
  }
  t.equal(read({}, [], { eth0: [{ address: 'fd00::5', internal: false }] }).webrtcBind, undefined)
  t.equal(read({ WEBRTC_BIND: '127.0.0.1' }).webrtcBind, '127.0.0.1')
  t.equal(read({ WEBRTC_BIND: '10.0.0.6' }, [], loopback).webrtcBind, '10.0.0.6')
})

t.test('a wrong value is refused by the name it was given under', async (t) => {
  for (const port of ['x', '-1', '65536', '4000.5', '0x10', ' 4000', '1e3']) {
    refuses(t, /^PORT must be a port from 0 to 65535/, { PORT: port })
  }
  refuses(t, '--port must be a port from 0 to 65535, not "http"', {}, ['--port', 'http'])
  refuses(t, /^HOST must be a host name or an address/, { HOST: 'http://localhost' })
  refuses(t, /^HOST must be/, { HOST: 'a b' })
  refuses(t, 'DEV_LOGIN must be on or off, not "yes"', { DEV_LOGIN: 'yes' })
  refuses(t, '--webrtc must be on or off, not "ON"', {}, ['--webrtc', 'ON'])
  refuses(t, 'WEBRTC_PUBLIC_IP must be an IP address, not "example.com"', { WEBRTC_PUBLIC_IP: 'example.com' })
  refuses(t, /^WEBRTC_PUBLIC_IP must be an IP address, not ""/, { WEBRTC_PUBLIC_IP: '203.0.113.7,' })
  for (const port of ['0', '65536', '-1', '1e3', 'any']) {
    refuses(t, /^WEBRTC_UDP_PORT must be a port from 1 to 65535/, { WEBRTC_UDP_PORT: port })
  }
  refuses(t, /^WEBRTC_BIND must be an IP address/, { WEBRTC_BIND: '256.0.0.1' })
  for (const url of ['redis://localhost', 'nats://', 'nats://a,', 'nats://a/b', 'ws://a', 'a b']) {
    refuses(t, /^NATS_URL must be nats:\/\/host:port/, { NATS_URL: url })
  }
  refuses(t, '--nats must be nats://host:port, or several of these, comma-separated', {}, [
    '--nats',
    'http://alice:secret@host'
  ])
  refuses(t, /^CHECK_ORIGIN .* is no origin/, { CHECK_ORIGIN: 'example.com' })
  refuses(t, /^CHECK_ORIGIN .* is no origin/, { CHECK_ORIGIN: 'https://a.example,' })
  refuses(t, /^CHECK_ORIGIN .* is no origin/, { CHECK_ORIGIN: 'https://a.example/path' })
})

t.test('an empty value is refused: an empty secret must not open the dev login', async (t) => {
  refuses(t, 'TOKEN_SECRET is empty: give it a value or leave it out', { TOKEN_SECRET: '' })
  refuses(t, /^--hooks is empty/, {}, ['--hooks='])
  refuses(t, /^PORT is empty/, { PORT: ' ' })
})

t.test('a URL of Redis that is none is refused, and not shown, as it may hold a password', async (t) => {
  for (const url of ['secret', 'http://:secret@127.0.0.1', 'redis://:secret@a b', 'redis:secret'])
    refuses(t, 'REDIS_URL must be redis[s]://[[user][:password]@]host[:port]', { REDIS_URL: url })
  refuses(t, /^--redis must be redis/, {}, ['--redis', 'x'])
})

t.test('a command line that is wrong is refused in one line that names the argument', async (t) => {
  refuses(t, '--prot is no option; see --help', {}, ['--prot', '1'])
  refuses(t, '--prot is no option; see --help', {}, ['--prot=1'])
  refuses(t, '-p is no option; see --help', {}, ['-p', '1'])
  refuses(t, /^start stands alone/, {}, ['start'])
  refuses(t, '--port needs a value; see --help', {}, ['--port'])
  refuses(t, '--port needs a value; see --help', {}, ['--port', '--host', 'x'])
  refuses(t, '--help takes no value', {}, ['--help=1'])
  refuses(t, '--constructor is no option; see --help', {}, ['--constructor', '1'])
})

t.test('help and version are commands of their own', async (t) => {
  t.same(readConfig({ argv: ['--help'], env: { PORT: 'x' } }), { run: 'help' })
  t.same(readConfig({ argv: ['--version'], env: {} }), { run: 'version' })
})

t.test('a history is for one node, for Redis or for NATS', async (t) => {
  const history = (env: Record<string, string>) => {
    const command = readConfig({ argv: [], env })
    return command.run === 'server' ? command.config.history : undefined
  }
  t.equal(history({}), 0)
  t.equal(history({ HISTORY: '100' }), 100)
  t.equal(history({ HISTORY: '100', REDIS_URL: 'redis://redis.example', WORKERS: '2' }), 100)
  t.equal(history({ HISTORY: '100', NATS_URL: 'nats-1', WORKERS: '2' }), 100)
  t.equal(history({ HISTORY: '0', WORKERS: '2' }), 0)
  refuses(t, /^HISTORY is kept on one node, in Redis or in NATS: it cannot be used with WORKERS alone/, {
    HISTORY: '1',
    WORKERS: '2'
  })
  for (const wrong of ['-1', '1.5', 'on', '1000000', '01']) {
    refuses(t, /^HISTORY must be a whole number from 0 to 999999/, { HISTORY: wrong })
  }
})
