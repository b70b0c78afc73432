import { bytes, cores, count, duration, ms, nodeName, percent, plural } from './format.js'
import { measures, standsOut } from './outliers.js'

const waitingBytes = 1_000_000
const stallMs = 100
/** One late second of ten is a hiccup, so many are not; and one stall of that length is none either. */
const lateSeconds = 3
const worstStallMs = 1000
const slowHookMs = 1000
const busyCores = 0.95
/** What a node's samples of a few seconds say together: one hiccup is no problem. */
const recentMs = 10_000

const units = {
  cpu: (value) => `${cores(value)} cores`,
  loop: ms,
  hooks: ms,
  memory: bytes,
  sockets: count,
  waiting: bytes,
  refused: (value) => `${count(value)} a second`
}

/**
 * What is wrong now, the worst first: `{ key, level, view, text, link }`. `view` is where it is seen, and `link`
 * what a route of that view is asked for.
 *
 * @param samples What `samples.js` keeps.
 * @param nodes The rows of the cluster.
 */
export function findProblems(samples, nodes) {
  const current = samples.current()
  return [
    ...nodes.flatMap((node) => nodeProblem(node, samples.now())),
    ...clientProblems(samples),
    ...hookProblems(samples),
    ...current.flatMap((sample) => loadProblems(sample, samples, nodes.length < 2)),
    ...current.flatMap((sample) => outlierProblems(sample, current)),
    ...versionProblem(nodes)
  ].sort((a, b) => rank(a) - rank(b))
}

const rank = ({ level }) => ['bad', 'busy', 'info'].indexOf(level)

function nodeProblem({ node, state, silentSince }, now) {
  const name = nodeName(node)
  const say = (level, text) => [{ key: `node ${node}`, level, view: 'cluster', link: {}, text }]
  if (state === 'silent') {
    return say(
      'bad',
      `${name} has not answered for ${duration(now - silentSince)}: it hangs, or its way here does.`
    )
  }
  if (state === 'deaf') {
    return say('bad', `${name} is deaf: what other nodes broadcast does not reach its clients.`)
  }
  if (state === 'down')
    return say('bad', `${name} has lost the engine: it hears no other node, and none hears it.`)
  if (state === 'no_dashboard') {
    return say('info', `${name} has no dashboard, or one of another version: what it has is missing here.`)
  }
  if (state === 'draining') return say('info', `${name} is draining: it lets its clients go.`)
  return []
}

function clientProblems(samples) {
  const found = []
  const add = (key, level, view, link, text) => found.push({ key, level, view, link, text })
  const slow = samples.lastMinute(({ slowClosed }) => slowClosed)
  const waiting = samples.current().reduce((sum, { queuedBytes }) => sum + queuedBytes, 0)
  if (slow > 0) {
    const link = { params: { kind: 'slowClient' } }
    add('slow', 'bad', 'refusals', link, `${plural(slow, 'slow client')} cut off in the last minute.`)
  }
  if (waiting > waitingBytes) {
    const link = { params: { sort: 'queuedBytes' } }
    add('waiting', 'busy', 'sockets', link, `${bytes(waiting)} wait for clients that read too slowly.`)
  }
  const failed = samples.lastMinute(({ peersFailed }) => peersFailed)
  if (failed > 0) add('peers', 'bad', 'peers', {}, `${plural(failed, 'peer')} failed in the last minute.`)
  const refused = samples.lastMinute(({ refused }) => refused)
  if (refused > 0) {
    const connects = samples.lastMinute(({ connects }) => connects)
    add('refused', refused > connects ? 'bad' : 'busy', 'refusals', {}, refusedText(refused, connects))
  }
  return found
}

function refusedText(refused, connects) {
  const beside = connects > 0 ? `, beside ${plural(connects, 'connect')} that went well` : ''
  return `${plural(refused, 'refusal')} in the last minute${beside}.`
}

function hookProblems(samples) {
  const calls = samples.lastMinute(({ hookCalls }) => hookCalls)
  const errors = samples.lastMinute(({ hookErrors }) => hookErrors)
  if (errors === 0) return []
  const part = errors / Math.max(calls, errors)
  const text = `${count(errors)} of ${plural(calls, 'hook call')} failed in the last minute (${percent(part)}).`
  const link = { params: { sort: 'errors' } }
  return [{ key: 'hook errors', level: part > 0.05 ? 'bad' : 'busy', view: 'hooks', link, text }]
}

/** Of one node: its samples of the last seconds together. */
function loadProblems({ node }, samples, isAlone) {
  const recent = samples.since(recentMs, node)
  const name = isAlone ? 'this server' : nodeName(node)
  const mean = (of) => recent.reduce((sum, sample) => sum + of(sample), 0) / recent.length
  const found = []
  const add = (key, level, view, text) => {
    const params = isAlone ? {} : { node }
    found.push({ key: `${key} ${node}`, level, view, link: { params }, text })
  }
  const cpu = mean((sample) => sample.cpu)
  if (cpu > busyCores) {
    add('busy', 'bad', 'overview', `CPU: ${name} uses ${cores(cpu)} cores, its event loop has no time left.`)
  }
  const late = recent.filter(({ loopP99Ms }) => loopP99Ms > stallMs)
  const worst = Math.max(...recent.map(({ loopMaxMs }) => loopMaxMs))
  if (late.length >= lateSeconds || worst > worstStallMs) {
    const text = `The event loop of ${name} is late: ${ms(worst)} at the worst in the last 10 s.`
    add('loop', worst > worstStallMs ? 'bad' : 'busy', 'overview', text)
  }
  const hooks = mean((sample) => sample.hookP99Ms ?? 0)
  if (hooks > slowHookMs)
    add('slow hooks', 'busy', 'hooks', `Hook calls on ${name} are slow: p99 ${ms(hooks)}.`)
  return found
}

function outlierProblems(sample, all) {
  const found = [...standsOut(sample, all)]
  if (found.length === 0) return []
  const parts = found.map(([id, middle]) => {
    const { name, of } = measures.find((measure) => measure.id === id)
    return `${name} ${units[id](of(sample))}, others ${units[id](middle)}`
  })
  const text = `${nodeName(sample.node)} stands out: ${parts.join('; ')}.`
  return [{ key: `outlier ${sample.node}`, level: 'busy', view: 'cluster', link: {}, text }]
}

function versionProblem(nodes) {
  const versions = [...new Set(nodes.map(({ version }) => version))]
  if (versions.length < 2) return []
  const text = `${versions.length} versions run beside each other: ${versions.join(', ')}.`
  return [{ key: 'versions', level: 'info', view: 'cluster', link: {}, text }]
}
