import t, { type Test } from 'tap'
import { defaultLimits } from '../../lib/limits/limits.js'
import { readConfig, type ServerConfig } from '../../lib/server/config.js'

function read(env: Record<string, string>): ServerConfig {
  const command = readConfig({ argv: [], env })
  if (command.run !== 'server') throw new Error(`the command is ${command.run}`)
  return command.config
}

function refuses(t: Test, env: Record<string, string>, message: string | RegExp): void {
  t.throws(() => read(env), { code: 'PHX_ERR_SERVER_OPTION', message }, JSON.stringify(env))
}

t.test('ICE servers are taken as browsers take them', async (t) => {
  const servers = [
    { urls: 'stun:stun.example' },
    { urls: ['stun:192.0.2.1:3478', 'stuns:[2001:db8::1]:5349'] },
    { urls: 'turn:turn.example:3478?transport=udp', username: 'u', credential: 'c' },
    { urls: ['turns:turn.example?transport=tcp'], username: 'u', credential: 'c' },
    { urls: ['turn:turn.example', 'turns:turn.example'], secret: 's', ttl: 3600 }
  ]
  t.same(read({ ICE_SERVERS: JSON.stringify(servers) }).iceServers, servers)
})

t.test('ICE servers that no browser would take are refused', async (t) => {
  const refused: [value: unknown, message: string | RegExp][] = [
    [{}, /^ICE_SERVERS must be a JSON list/],
    ['stun:x', /^ICE_SERVERS must be a JSON list/],
    [[1], 'ICE_SERVERS [0]: must be an object'],
    [[null], 'ICE_SERVERS [0]: must be an object'],
    [[{ urls: 'stun:a' }, {}], /^ICE_SERVERS \[1\]\.urls: must name a server/],
    [[{ urls: [] }], /^ICE_SERVERS \[0\]\.urls: must name a server/],
    [[{ urls: ['stun:a', 1] }], /^ICE_SERVERS \[0\]\.urls: 1 is no STUN or TURN URL/],
    [[{ urls: 'http://a' }], 'ICE_SERVERS [0].urls: "http://a" is no STUN or TURN URL'],
    [[{ urls: 'stun:' }], /is no STUN or TURN URL/],
    [[{ urls: 'stun:a b' }], /is no STUN or TURN URL/],
    [[{ urls: 'stun:a:70000' }], /port 70000 is out of range/],
    [[{ urls: 'turn:a?transport=sctp', username: 'u', credential: 'c' }], /is no STUN or TURN URL/],
    [
      [{ urls: 'turn:a' }],
      /^ICE_SERVERS \[0\]: a TURN server needs a username and a credential, or a secret/
    ],
    [[{ urls: 'stun:a', username: 1 }], 'ICE_SERVERS [0].username: must be a string'],
    [[{ urls: 'stun:a', url: 'stun:b' }], 'ICE_SERVERS [0]: has the unknown property "url"']
  ]
  for (const [value, message] of refused) refuses(t, { ICE_SERVERS: JSON.stringify(value) }, message)
  refuses(t, { ICE_SERVERS: '[{urls:' }, 'ICE_SERVERS must be JSON')
})

t.test('a credential is never part of a message', async (t) => {
  const wrong = [
    { urls: 'turn:a', username: 'u', credential: 'hush', extra: 'hush' },
    { urls: 'turn:a', username: 'hush', secret: 'hush' },
    { urls: 'stun:a', secret: 'hush' },
    { urls: 'turn:a', secret: ['hush'] },
    { urls: 'turn:a', secret: 'hush', ttl: 1 }
  ]
  for (const server of wrong) {
    try {
      read({ ICE_SERVERS: JSON.stringify([server]) })
      t.fail('the list was taken')
    } catch (error) {
      t.notMatch((error as Error).message, /hush/)
    }
  }
})

t.test('limits override single defaults', async (t) => {
  const limits = { events: { count: 5, windowMs: 100 }, hookTimeoutMs: 50, frameBytes: 0 }
  t.same(read({ LIMITS: JSON.stringify(limits) }).limits, limits)
  t.same(read({ LIMITS: JSON.stringify(defaultLimits) }).limits, defaultLimits)
})

t.test('limits that are unknown or of a wrong type are refused', async (t) => {
  const refused: [json: string, message: string | RegExp][] = [
    ['[]', 'LIMITS must be a JSON object of limits'],
    ['null', 'LIMITS must be a JSON object of limits'],
    ['{', 'LIMITS must be JSON'],
    ['{"frames":1}', 'LIMITS "frames": there is no such limit'],
    ['{"__proto__":1}', 'LIMITS "__proto__": there is no such limit'],
    ['{"constructor":1}', 'LIMITS "constructor": there is no such limit'],
    ['{"hookArgs":"1"}', /^LIMITS "hookArgs": must be a whole number/],
    ['{"hookArgs":-1}', /^LIMITS "hookArgs": must be a whole number/],
    ['{"hookArgs":1.5}', /^LIMITS "hookArgs": must be a whole number/],
    ['{"hookArgs":null}', /^LIMITS "hookArgs": must be a whole number/],
    ['{"hookTimeoutMs":2147483648}', 'LIMITS "hookTimeoutMs": must be at most 2147483647'],
    ['{"events":5}', /^LIMITS "events": must be { count/],
    ['{"events":{"count":5}}', /^LIMITS "events": must be { count/],
    ['{"events":{"count":5,"windowMs":1,"x":1}}', /^LIMITS "events": must be { count/],
    ['{"events":{"count":5,"windowMs":0}}', /^LIMITS "events": must be { count/],
    ['{"events":{"count":"5","windowMs":1}}', /^LIMITS "events": must be { count/]
  ]
  for (const [json, message] of refused) refuses(t, { LIMITS: json }, message)
})
