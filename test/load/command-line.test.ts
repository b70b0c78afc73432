import { join } from 'node:path'
import t from 'tap'
import { type LoadConfig, readLoadOptions } from '../../lib/load/command-line.js'

const url = 'ws://127.0.0.1:4000/socket'

function read(...argv: string[]): LoadConfig {
  const command = readLoadOptions(['--url', url, ...argv])
  if (command.run !== 'load') throw new Error('no load')
  return command.config
}

/** All of a configuration but what only functions tell. */
function plain(config: LoadConfig) {
  const { plan, ...others } = config
  const { open: _open, ...told } = plan
  return { ...others, plan: told }
}

t.test('a URL is all that has to be given', async (t) => {
  t.same(plain(read()), {
    scenario: 'hook',
    plan: {
      title: 'demo.echo over websocket',
      settings: { transport: 'websocket', hook: 'demo.echo', args: ['hello'] },
      rate: 100,
      filesEach: 1
    },
    urls: [url],
    sources: [],
    clients: 10,
    durationMs: 10_000,
    rampUpMs: 0,
    intervalMs: 1000,
    params: {},
    user: 'load{n}',
    devLogin: false,
    thresholds: [],
    json: undefined,
    svg: undefined
  })
})

t.test('times are given in seconds, arguments and parameters as JSON', async (t) => {
  const config = read(
    ...['--duration', '1.5', '--ramp-up', '2', '--hook', 'arena.fire.twice', '--args', '[1,{"a":2}]'],
    ...[
      '--params',
      '{"user_id":"u{n}"}',
      '--token',
      'secret',
      '--transport',
      'datachannel',
      '--interval',
      '.5'
    ]
  )
  t.match(config, { durationMs: 1500, rampUpMs: 2000, intervalMs: 500 })
  const settings = { transport: 'datachannel', hook: 'arena.fire.twice', args: [1, { a: 2 }] }
  t.same(config.plan.settings, settings)
  t.same(config.params, { user_id: 'u{n}', token: 'secret' })
})

t.test('every scenario has defaults that fit the reference server', async (t) => {
  const room = { topic: 'room:load{n}', joinParams: '{}' }
  t.match(read('--scenario', 'broadcast').plan, {
    rate: 10,
    settings: { ...room, roomSize: 10, event: 'shout', heardEvent: 'shout', payload: '{"text":"{id}"}' }
  })
  t.match(read('--scenario', 'joins').plan, {
    rate: null,
    settings: { ...room, roomSize: 1, staySeconds: 1 }
  })
  t.match(read('--scenario', 'presence').plan, { rate: 10, settings: { ...room, presenceKey: 'load{n}' } })
  t.match(read('--scenario', 'recover').plan, {
    rate: 10,
    settings: { ...room, roomSize: 10, event: 'shout', staySeconds: 3, awaySeconds: 1 }
  })
  t.match(read('--scenario', 'idle'), { durationMs: 60_000, plan: { settings: { heartbeatSeconds: 30 } } })
})

t.test('--recover is the scenario of that name', async (t) => {
  t.match(read('--recover'), { scenario: 'recover' })
  t.match(read('--recover', '--scenario', 'recover'), { scenario: 'recover' })
})

t.test('one topic is one room, of all clients', async (t) => {
  t.match(read('--scenario', 'joins', '--clients', '50', '--topic', 'lobby').plan.settings, { roomSize: 50 })
  t.match(read('--scenario', 'idle', '--clients', '7', '--topic', 'lobby').plan.settings, { roomSize: 7 })
})

t.test('a long load has fewer stretches of time, and not more of them', async (t) => {
  t.equal(read('--duration', '7200').intervalMs, 12_000)
})

t.test('the token may come from where no list of processes shows it', async (t) => {
  const dir = t.testdir({ token: 'of-the-file\n', empty: ' \n' })
  const file = join(dir, 'token')
  const params = (argv: string[], env: Record<string, string> = {}) => {
    const command = readLoadOptions(['--url', url, '--params', '{"token":"p","a":"1"}', ...argv], env)
    return command.run === 'load' && command.config.params
  }
  t.same(params([]), { token: 'p', a: '1' })
  t.same(params([], { LOAD_TOKEN: 'of-the-environment' }), { token: 'of-the-environment', a: '1' })
  t.same(params(['--token-file', file], { LOAD_TOKEN: 'x' }), { token: 'of-the-file', a: '1' })
  t.same(params(['--token', 'of-the-line'], { LOAD_TOKEN: 'x' }), { token: 'of-the-line', a: '1' })

  const wrong = { code: 'PHX_ERR_LOAD_OPTION' }
  t.throws(() => params(['--token', 'a', '--token-file', file]), { ...wrong, message: /^--token-file and/ })
  t.throws(() => params(['--token-file', `${file}s`]), {
    ...wrong,
    message: /^--token-file cannot be read: ENOENT/
  })
  t.throws(() => params(['--token-file', join(dir, 'empty')]), {
    ...wrong,
    message: /^--token-file is empty/
  })
  t.throws(() => params([], { LOAD_TOKEN: ' ' }), { ...wrong, message: /^LOAD_TOKEN is empty/ })
  t.throws(() => params(['--token', '']), { ...wrong, message: /^--token is empty/ })
})

t.test('http URLs are taken for WebSocket URLs', async (t) => {
  const config = (given: string) => readLoadOptions(['--url', given])
  t.match(config('http://example.com/socket/'), { config: { urls: ['ws://example.com/socket'] } })
  t.match(config('https://example.com/socket'), { config: { urls: ['wss://example.com/socket'] } })
})

t.test('--help asks for no URL', async (t) => {
  t.same(readLoadOptions(['--help']), { run: 'help' })
})

const wrong: [argv: string[], message: string][] = [
  [
    ['--url', url, '--scenario', 'presence', '--room-size', '1'],
    '--room-size must be a whole number from 2 to 10'
  ],
  [
    ['--url', url, '--scenario', 'broadcast', '--clients', '1'],
    '--clients must be 2 or more: one alone is not heard'
  ],
  [[], '--url is missing; see --help'],
  [['--url', 'nonsense'], '--url must be a ws, wss, http or https URL without a query'],
  [['--url', 'ftp://a/b'], '--url must be a ws, wss, http or https URL without a query'],
  [['--url', `${url}?a=b`], '--url must be a ws, wss, http or https URL without a query'],
  [['--url', url, '--clients', '1.5'], '--clients must be a whole number from 1 to 1000000'],
  [['--url', url, '--clients', '0'], '--clients must be a whole number from 1 to 1000000'],
  [['--url', url, '--rate', ''], '--rate must be a number from 0.001 to 1000000'],
  [['--url', url, '--rate', 'fast'], '--rate must be a number from 0.001 to 1000000'],
  [['--url', url, '--duration', 'Infinity'], '--duration must be a number from 0.001 to 1000000'],
  [
    ['--url', url, '--clients', '-1'],
    '--clients needs a value, or takes none; one that begins with a dash is written --clients=-1; see --help'
  ],
  [['--url', url, '--ramp-up=-1'], '--ramp-up must be a number from 0 to 1000000'],
  [['--url', url, '--transport', 'udp'], '--transport must be websocket or datachannel'],
  [['--url', url, '--hook', 'echo'], '--hook must be a plugin and a function, as in demo.echo'],
  [['--url', url, '--hook', 'demo.'], '--hook must be a plugin and a function, as in demo.echo'],
  [['--url', url, '--args', '1'], '--args must be a JSON list'],
  [['--url', url, '--args', '[1'], '--args must be JSON'],
  [['--url', url, '--params', '[]'], '--params must be a JSON object of strings'],
  [['--url', url, '--params', '{"a":1}'], '--params must be a JSON object of strings'],
  [['--speed', '3'], '--speed is no option; see --help'],
  [['--url', url, '--durration', '3'], '--durration is no option; did you mean duration?; see --help'],
  [
    ['--url', url, '--args', '[]', '--scenario', 'joins'],
    '--args is no option of the scenario joins; see --help'
  ],
  [
    ['--url', url, '--ramp-up', '1', '--scenario', 'joins'],
    '--ramp-up is no option of the scenario joins; see --help'
  ],
  [['--url', url, '--topic', 'a'], '--topic is no option of the scenario hook; see --help'],
  [
    ['--url', url, '--scenario', 'calls'],
    '--scenario must be hook, broadcast, joins, presence, idle or recover'
  ],
  [
    ['--url', url, '--recover', '--scenario', 'joins'],
    '--recover is --scenario recover, and not joins: give one of them'
  ],
  [['--url', url, '--away', '1'], '--away is no option of the scenario hook; see --help'],
  [['--url', url, '--recover', '--stay', '0'], '--stay must be a number from 0.001 to 1000000'],
  [
    ['--url', url, '--scenario', 'idle', '--room-size', '5'],
    '--room-size needs a --topic: idle clients join none'
  ],
  [
    ['--url', url, '--scenario', 'joins', '--room-size', '11'],
    '--room-size must be a whole number from 1 to 10'
  ],
  [['--url', url, '--scenario', 'joins', '--join-params', '[]'], '--join-params must be a JSON object'],
  [
    ['--url', url, '--scenario', 'broadcast', '--topic', 'lobby', '--room-size', '5'],
    '--topic must have {n} in it, the number of the room: there are several'
  ],
  [
    ['--url', url, '--scenario', 'broadcast', '--payload', '{"a":1}'],
    '--payload must have {id} in a text: a message is known again by it'
  ],
  [
    ['--url', url, '--scenario', 'broadcast', '--bytes', '5'],
    '--bytes must be a whole number from 59 to 1048576'
  ],
  [
    ['--url', url, '--scenario', 'presence', '--user', 'alice'],
    '--presence-key and --user must have {n} in them: it tells clients apart'
  ],
  [
    ['--url', url, '--event', '', '--scenario', 'broadcast'],
    '--event is empty: give it a value or leave it out'
  ],
  [['--url', url, '--interval', '0'], '--interval must be a number from 0.016666666666666666 to 1000000'],
  [
    ['--url'],
    '--url needs a value, or takes none; one that begins with a dash is written --url=-1; see --help'
  ]
]

for (const [argv, message] of wrong) {
  t.test(`refuses ${JSON.stringify(argv)}, and names what is wrong`, async (t) => {
    t.throws(() => readLoadOptions(argv), { code: 'PHX_ERR_LOAD_OPTION', message })
  })
}
