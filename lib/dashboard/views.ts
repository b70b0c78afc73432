import type { Channel, ChannelDefinition, JoinResult } from '../channel/channel.js'
import { JsonText } from '../protocol/serializer/json.js'
import { type Act, actionsOf } from './actions.js'
import { Follow } from './follow.js'
import type { Follows } from './follows.js'
import { mergeHooks } from './hook-records.js'
import type { DashboardHost } from './host.js'
import { Live } from './live.js'
import { type FullLook, isProblem, type ListName, readLook } from './look.js'
import type { Nodes } from './nodes.js'
import { type PageOf, type Read, readPage } from './pages.js'
import {
  type Hooks,
  keptFailures,
  keptRefusals,
  type Overview,
  type PeerFailure,
  type Refusals
} from './protocol.js'
import type { Beat, Pulse } from './pulse.js'
import { problem, replyOf, socketDetail, topicDetail } from './replies.js'

export interface ViewsOptions {
  readonly host: DashboardHost
  readonly nodes: Nodes
  readonly pulse: Pulse
  readonly follows: Follows
  readonly version: string
  readonly actions: boolean
  readonly signsIn: boolean
}

/** The channels of the dashboard's socket by topic: one for each view. */
export function viewsOf(options: ViewsOptions): Record<string, ChannelDefinition> {
  const { host, nodes, pulse, version, actions, signsIn } = options
  const act = actionsOf(options)
  return {
    overview: beating(
      pulse,
      async (): Promise<Overview> => ({
        node: host.endpoint.node,
        version,
        actions,
        signsIn,
        samples: await pulse.history()
      }),
      (channel, { samples }) => {
        if (samples.length > 0) channel.push('sample', { samples })
      }
    ),
    cluster: beating(
      pulse,
      async () => ({ nodes: await pulse.rows() }),
      (channel, { rows }) => channel.push('nodes', { nodes: rows })
    ),
    sockets: listView(options, 'sockets', {
      show: (payload) => socketDetail(nodes, payload),
      disconnect: act.disconnect
    }),
    topics: listView(options, 'topics', { show: (payload) => topicDetail(nodes, payload) }),
    peers: peersView(options, act.close),
    hooks: liveView(options, 'hooks', () => readHooks(nodes)),
    refusals: liveView(options, 'refusals', () => readRefusals(nodes)),
    'follow:*': followView(options, act.broadcast)
  }
}

/** A view that is told of each second. */
function beating(
  pulse: Pulse,
  read: () => Promise<object>,
  tell: (channel: Channel, beat: Beat) => void
): ChannelDefinition {
  return {
    async join(_params, channel) {
      const response = await read()
      untilEnd(
        channel,
        pulse.listen((beat) => {
          if (channel.joined) tell(channel, beat)
        })
      )
      return { status: 'ok', response }
    },
    handleIn: refuseOthers
  }
}

function listView<Name extends ListName>(
  options: ViewsOptions,
  list: Name,
  events: Readonly<Record<string, Act>>
): ChannelDefinition {
  const views = new WeakMap<Channel, ListView<Name>>()
  return {
    async join(params, channel) {
      const look = readLook(list, params)
      if (isProblem(look)) return { status: 'error', response: look }
      const view = new ListView(options, list, look, channel)
      views.set(channel, view)
      return { status: 'ok', response: await view.look(look) }
    },
    handleIn: async (event, payload, channel) => {
      if (event === 'look') {
        const look = readLook(list, payload)
        if (isProblem(look)) return { status: 'error', response: look }
        return { status: 'ok', response: await views.get(channel)?.look(look) }
      }
      if (typeof event === 'string' && Object.hasOwn(events, event)) return events[event]?.(payload, channel)
      return unknownEvent
    }
  }
}

/** One list as one page looks at it. */
class ListView<Name extends ListName> {
  #look: FullLook
  readonly #live: Live<PageOf<Name>>

  constructor(options: ViewsOptions, list: Name, look: FullLook, channel: Channel) {
    this.#look = look
    this.#live = liveOf(options, 'page', () => readPage(options.nodes, list, this.#look), channel)
  }

  look(look: FullLook): Promise<PageOf<Name>> {
    this.#look = look
    return this.#live.look()
  }
}

/** The list, and beside it what failed. */
function peersView(options: ViewsOptions, close: Act): ChannelDefinition {
  const list = listView(options, 'peers', { close })
  return {
    ...list,
    async join(params, channel) {
      const result = await list.join(params, channel)
      if (result.status === 'error') return result
      const live = liveOf(options, 'failures', () => readFailures(options.nodes), channel)
      channel.defer(async () => {
        const found = await live.look()
        channel.push('failures', found)
      })
      return result
    }
  }
}

/** A view without anything to look for: all that there is, and again when it has changed. */
function liveView<Body extends object>(
  options: ViewsOptions,
  event: string,
  read: () => Promise<Read<Body>>
): ChannelDefinition {
  return {
    async join(_params, channel): Promise<JoinResult> {
      return { status: 'ok', response: await liveOf(options, event, read, channel).look() }
    },
    handleIn: refuseOthers
  }
}

function liveOf<Body extends object>(
  { host: { clock, log } }: ViewsOptions,
  event: string,
  read: () => Promise<Read<Body>>,
  channel: Channel
): Live<Body> {
  const push = (text: string): void => {
    if (channel.joined) channel.push(event, new JsonText(text))
  }
  const live = new Live({ clock, log, read, push })
  untilEnd(channel, () => live.end())
  return live
}

function followView({ host, follows }: ViewsOptions, broadcast: Act): ChannelDefinition {
  return {
    join(_params, channel) {
      const topic = channel.topic.slice('follow:'.length)
      if (topic === '') return { status: 'error', response: problem('invalid_payload', 'names no topic') }
      const follow = new Follow(host.clock, (followed) => {
        if (channel.joined) channel.push('messages', followed)
      })
      untilEnd(channel, follows.add(topic, follow))
      untilEnd(channel, () => follow.end())
      return { status: 'ok' }
    },
    handleIn: async (event, payload, channel) =>
      event === 'broadcast' ? broadcast(payload, channel) : unknownEvent
  }
}

async function readHooks(nodes: Nodes): Promise<Read<Hooks>> {
  const { answers, silent, costMs } = await nodes.ask('hooks', {})
  const reports = answers.map(({ value }) => value)
  // To merge them costs this node, too.
  return { body: mergeHooks(reports, silent), costMs: costMs * 2 }
}

async function readRefusals(nodes: Nodes): Promise<Read<Refusals>> {
  const { answers, silent, costMs } = await nodes.ask('refusals', {})
  const counts = new Map<string, number>()
  for (const { value } of answers) {
    for (const [kind, count] of Object.entries(value.counts))
      counts.set(kind, (counts.get(kind) ?? 0) + count)
  }
  const recent = answers.flatMap(({ value }) => value.recent).sort((one, other) => other.at - one.at)
  return {
    body: { counts: Object.fromEntries(counts), recent: recent.slice(0, keptRefusals), silent },
    costMs
  }
}

async function readFailures(nodes: Nodes): Promise<Read<{ failures: readonly PeerFailure[] }>> {
  const { answers, costMs } = await nodes.ask('peers.failures', {})
  const failures = answers.flatMap(({ value }) => value).sort((one, other) => other.at - one.at)
  return { body: { failures: failures.slice(0, keptFailures) }, costMs }
}

const unknownEvent = replyOf(problem('invalid_payload', 'there is no such event on this topic'))
const refuseOthers = async (): Promise<typeof unknownEvent> => unknownEvent

/** Calls back when the channel has ended, also where it was never joined. */
function untilEnd({ signal }: Channel, end: () => void): void {
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
}
