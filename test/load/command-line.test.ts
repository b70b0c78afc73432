import { join } from 'node:path'
import t from 'tap'
import { type LoadConfig, readLoadOptions } from '../../lib/load/command-line.js'

const url = 'ws://127.0.0.1:4000/socket'

function read(...argv: string[]): LoadConfig {
  const command = readLoadOptions(['--url', url, ...argv])
  if (command.run !== 'load') throw new Error('no load')
  return command.config
}

t.test('a URL is all that has to be given', async (t) => {
  t.same(read(), {
    urls: [url],
    clients: 10,
    rate: 100,
    durationMs: 10_000,
    rampUpMs: 0,
    transport: 'websocket',
    call: { hookPlugin: 'demo', fn: 'echo', args: ['hello'] },
    params: {},
    user: 'load{n}',
    devLogin: false,
    json: undefined
  })
})

t.test('times are given in seconds, arguments and parameters as JSON', async (t) => {
  const config = read(
    ...['--duration', '1.5', '--ramp-up', '2', '--hook', 'arena.fire.twice', '--args', '[1,{"a":2}]'],
    ...['--params', '{"user_id":"u{n}"}', '--token', 'secret', '--transport', 'datachannel']
  )
  t.match(config, { durationMs: 1500, rampUpMs: 2000, transport: 'datachannel' })
  t.same(config.call, { hookPlugin: 'arena', fn: 'fire.twice', args: [1, { a: 2 }] })
  t.same(config.params, { user_id: 'u{n}', token: 'secret' })
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
  [[], '--url is missing; see --help'],
  [['--url', 'nonsense'], '--url must be a ws, wss, http or https URL without a query'],
  [['--url', 'ftp://a/b'], '--url must be a ws, wss, http or https URL without a query'],
  [['--url', `${url}?a=b`], '--url must be a ws, wss, http or https URL without a query'],
  [['--url', url, '--clients', '1.5'], '--clients must be a whole number from 1 to 60000'],
  [['--url', url, '--clients', '0'], '--clients must be a whole number from 1 to 60000'],
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
