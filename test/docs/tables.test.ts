import t from 'tap'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import { defaultLimits, type Limits, type Rate } from '../../lib/limits/limits.js'
import { loadHelp } from '../../lib/load/help.js'
import { metricsOf } from '../../lib/load/options/thresholds.js'
import { scenarioNames, scenarios } from '../../lib/load/scenarios/kinds.js'
import { refusalKinds } from '../../lib/log/refusals.js'
import type { Definition } from '../../lib/metrics/definition.js'
import { metricKeys, table } from '../../lib/metrics/table.js'
import { attributes } from '../../lib/otel/attributes.js'
import { handlerNames } from '../../lib/otel/descriptions.js'
import { measures } from '../../lib/otel/instruments.js'
import { peerEvents } from '../../lib/protocol/peer-events.js'
import { options as serverOptions } from '../../lib/server/program-options.js'
import { readWebRtcOptions } from '../../lib/webrtc/webrtc-options.js'
import { userChannel } from '../../plugins/phoenix.js'
import { readOptions } from '../../plugins/phoenix-options.js'
import { membersOf } from '../fixtures/declared-members.js'
import { firstNames, namesIn, read, rowsOf } from '../fixtures/documents.js'

const guide = (name: string): string => `plugins/guides/${name}.md`
const below = (prefix: string, names: string[]): string[] => names.map((name) => `${prefix}.${name}`)
/** The events of clients that a file handles. */
const eventsIn = (path: string): string[] =>
  [...read(path).matchAll(/^ +'(webrtc:\w+)':/gm)].map(([, event]) => `${event}`)
/** The names of the table of events, each with the type of its messages. */
function eventsOf(kind: 'traced' | 'plain'): { name: string; type: string }[] {
  const made = new RegExp(`: ${kind}<Events\\.(\\w+)>\\('(\\w+)'\\)`, 'g')
  return [...read('lib/diagnostics/diagnostics.ts').matchAll(made)].map(([, type, name]) => ({
    name: `${name}`,
    type: `${type}`
  }))
}
/** What tests alone give. */
const forTests = new Set(['clock'])

const optionsOfPlugin = [
  ...membersOf('plugins', 'PhoenixOptions').filter((name) => name !== 'prefix'),
  ...below('websocket', membersOf('plugins', 'WebSocketOptions')),
  ...below('longpoll', membersOf('plugins', 'LongPollOptions')),
  ...below('drain', membersOf('lib/socket', 'DrainOptions')),
  ...below('health', membersOf('lib/endpoint', 'HealthOptions')),
  ...below('once', membersOf('lib/once', 'OnceOptions')),
  ...below('history', membersOf('lib/history', 'HistoryLimits')),
  ...below('webrtc', membersOf('lib/webrtc', 'WebRtcOptions'))
]

/** Tables, and what of the code each of them has a row for. */
const tables: [guide: string, heading: string, names: string[]][] = [
  ['options', 'Options', optionsOfPlugin],
  ['channels', 'Callbacks', membersOf('lib/channel', 'ChannelDefinition')],
  ['channels', 'The channel object', membersOf('lib/channel', 'Channel')],
  [
    'channels',
    'From outside a channel',
    [
      ...membersOf('plugins', 'PhoenixService'),
      ...membersOf('lib/endpoint', 'Endpoint'),
      ...membersOf('lib/endpoint', 'EndpointStats').filter((name) => name !== 'peers')
    ]
  ],
  [
    'channels',
    'The user channel',
    [
      ...membersOf('lib/user', 'UserChannelOptions'),
      ...Object.values(peerEvents),
      ...eventsIn('lib/user/user-channel.ts'),
      'call_hook',
      'access_token',
      'hooks_drained',
      'token_expiring'
    ]
  ],
  ['hooks', 'The call', membersOf('lib/hooks', 'HookCall')],
  ['hooks', 'Lifecycle', membersOf('lib/hooks', 'HookLifecycle')],
  ['client', 'Members', membersOf('lib/client', 'HookClient')],
  ['client', 'Options', membersOf('lib/client', 'HookClientOptions')],
  ['data', 'Options', [...membersOf('lib', 'SendDataOptions'), ...membersOf('lib', 'BroadcastDataOptions')]],
  ['data', 'Tick loops', membersOf('lib/time', 'TickLoopOptions')],
  [
    'datachannels',
    'Peers on the server',
    [...membersOf('lib', 'PeerReport'), ...membersOf('lib', 'ConnectionReport')]
  ],
  [
    'datachannels',
    'A peer of any channel',
    [
      ...membersOf('lib/webrtc', 'CreatePeerOptions'),
      ...membersOf('lib/webrtc', 'ChannelPeer'),
      ...membersOf('lib/peers', 'UserPeer'),
      ...membersOf('lib/webrtc', 'PeerEventMap')
    ]
  ],
  ['datachannels', 'What is counted', membersOf('lib', 'DropReason')],
  ['presence', 'One by one', membersOf('lib/presence', 'Presence')],
  ['presence', 'Options of a tracker', membersOf('lib/presence', 'PresenceOptions')],
  ['tokens', 'What `authenticate` takes', membersOf('lib/auth', 'AuthenticateOptions')],
  [
    'tokens',
    'JSON Web Tokens',
    [...membersOf('lib/auth', 'JwtVerifierOptions'), ...membersOf('lib/auth', 'JwtKeyOptions')]
  ],
  [
    'tokens',
    'Tokens of Phoenix',
    [...membersOf('lib/auth', 'PhoenixTokenOptions'), ...membersOf('lib/auth', 'PhoenixTokenVerifierOptions')]
  ],
  ['dashboard', 'Options', membersOf('plugins', 'DashboardOptions').filter((name) => name !== 'prefix')],
  ['limits', 'Limits', Object.keys(defaultLimits)],
  ['tracing', 'Options', membersOf('plugins', 'OtelOptions')],
  ['tracing', 'Measures', Object.values(measures).map(([name]) => name)],
  ['deploying', 'Refusals in the log', refusalKinds],
  ['diagnostics', 'Traces', eventsOf('traced').map(({ name }) => name)],
  ['diagnostics', 'Events', eventsOf('plain').map(({ name }) => name)],
  ['metrics', 'Metrics', membersOf('plugins', 'MetricsOptions')],
  ['errors', 'Words of the client', membersOf('lib/client', 'ClientReason')],
  ['programs', 'The reference server', Object.values(serverOptions).map(({ env }) => env)],
  [
    'load',
    'Options',
    [...loadHelp.matchAll(/^ {2}(--[\w-]+)/gm)]
      .map(([, flag]) => `${flag}`)
      .filter((flag) => flag !== '--help')
  ],
  ['load', 'Scenarios', scenarioNames.slice()],
  ['load', 'The report', membersOf('lib/load', 'LoadReport')]
]

for (const [name, heading, names] of tables) {
  t.test(`${name}.md, ${heading}: a row for each that there is, and for no other`, async (t) => {
    const expected = names.filter((each) => !forTests.has(each))
    t.ok(expected.length > 0)
    t.same([...new Set(firstNames(guide(name), heading))].sort(), [...new Set(expected)].sort())
  })
}

t.test('every metric, with its type, its labels and what it is', async (t) => {
  const workerUp = [
    '`phoenix_worker_up`',
    'gauge',
    '`worker`',
    'Whether the worker has answered this scrape.'
  ]
  const rows = metricKeys.map((key) => {
    const { name, type, labels, help }: Definition = table[key]
    return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help]
  })
  const described = rowsOf(guide('metrics'), 'All metrics')
  t.same(described.slice(0, rows.length + 1), [...rows, workerUp])
  const labels = new Set(described.slice(rows.length + 1).flatMap(([cell]) => namesIn(cell)))
  const used = ['worker', ...rows.flatMap(([, , cell]) => namesIn(cell))]
  t.same([...labels].sort(), [...new Set(used)].sort(), 'and every label that needs a word')
})

t.test('every metric that a load can fail by', async (t) => {
  const documented = new Set(firstNames(guide('load'), 'Thresholds'))
  const metrics = Object.values(scenarios).flatMap((kind) => metricsOf(kind))
  // Of latencies with a name one figure stands for all.
  const named = metrics.map((metric) =>
    metric.replace(/^(connect|join|datachannel|last|state|recovery)_.*/, '$1_p99')
  )
  t.same([...documented].sort(), [...new Set(named)].sort())
})

t.test('the words that hooks are answered with', async (t) => {
  const source = read('lib/hooks/results.ts')
  const reasons = [...source.matchAll(/failure\('(\w+)'\)/g)].map(([, reason]) => `${reason}`)
  const documented = new Set(firstNames(guide('errors'), 'Words of a hook call'))
  t.ok(reasons.length > 10)
  t.same(
    reasons.filter((reason) => !documented.has(reason)),
    []
  )
})

t.test('the defaults of limits', async (t) => {
  for (const [limit, text] of rowsOf(guide('limits'), 'Limits')) {
    const [name = ''] = namesIn(limit)
    t.equal(text, written(name, defaultLimits[name as keyof Limits]), name)
  }
})

t.test('the defaults of options that are numbers and switches', async (t) => {
  const { websocket, longpoll, drain, health, once, ...plugin } = readOptions(
    { connect: () => ({}), channels: { '*': userChannel() } },
    60_000
  )
  const defaults = new Map<string, unknown>([
    ...entries('', plugin),
    ...entries('websocket.', websocket),
    ...entries('longpoll.', longpoll),
    ...entries('drain.', drain),
    ...entries('health.', health),
    ...entries('once.', once),
    ['webrtc.maxMessageSize', readWebRtcOptions({}).maxMessageSize]
  ])
  let held = 0
  for (const [option, text = ''] of rowsOf(guide('options'), 'Options')) {
    const [name = ''] = namesIn(option)
    const value = defaults.get(name)
    if (typeof value !== 'number' && typeof value !== 'boolean') continue
    held++
    t.ok([number(Number(value)), bytes(Number(value)), `\`${value}\``].includes(text), `${name}: ${text}`)
  }
  t.ok(held > 9, `${held}`)
})

t.test('the fields of events', async (t) => {
  const events = [...eventsOf('traced'), ...eventsOf('plain')]
  t.equal(events.length, Object.keys(diagnostics).length)
  const rows = ['Traces', 'Events'].flatMap((heading) => rowsOf(guide('diagnostics'), heading))
  for (const { name, type } of events) {
    const [, fields] = rows.find(([cell]) => namesIn(cell)[0] === name) ?? []
    t.same(namesIn(fields).sort(), membersOf('lib/diagnostics', type).sort(), name)
  }
})

t.test('the spans, and what is on them', async (t) => {
  const rows = rowsOf(guide('tracing'), 'Spans')
  const operations = ['connect', 'join', 'handle_in', 'hook', 'broadcast', ...Object.values(handlerNames)]
  t.same(rows.map(([name = '']) => name.replace(/^`phoenix\.(\w+) .*`$/, '$1')).sort(), operations.sort())
  const text = read(guide('tracing'))
  for (const attribute of Object.values(attributes)) t.match(text, `\`${attribute}\``, attribute)
  const known = new Set<string>(Object.values(attributes))
  const named = rows.flatMap(([, , cell]) => namesIn(cell))
  t.same(
    named.filter((name) => !known.has(name)),
    []
  )
})

t.test('the levels of refusals', async (t) => {
  const source = read('lib/log/refusals.ts')
  for (const [kinds, level] of rowsOf(guide('deploying'), 'Refusals in the log')) {
    for (const kind of namesIn(kinds))
      t.match(source, new RegExp(`^ {2}${kind}: \\[\\s*'${level}'`, 'm'), kind)
  }
})

const entries = (prefix: string, values: object | false): [string, unknown][] =>
  Object.entries(values).map(([name, value]) => [prefix + name, value])

const number = (value: number): string => value.toLocaleString('en')

function bytes(value: number): string {
  const mebi = 1024 * 1024
  return value % mebi === 0 ? `${number(value / mebi)} MiB` : `${number(value / 1024)} KiB`
}

/** A limit as the table has it. */
function written(name: string, limit: number | Rate): string {
  if (typeof limit === 'object') {
    const count = name.endsWith('Bytes') ? bytes(limit.count) : number(limit.count)
    return `${count} in ${number(limit.windowMs / 1000)} s`
  }
  if (name.endsWith('Ms')) return `${number(limit)} ms`
  return /Bytes/.test(name) ? bytes(limit) : number(limit)
}
