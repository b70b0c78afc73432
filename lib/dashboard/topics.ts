import { ChannelServer } from '../channel/channel-server.js'
import { presencesOf } from '../presence/node-presences.js'
import type { Tracker } from '../presence/tracker.js'
import { Socket } from '../socket/socket.js'
import { Finder, type FoundHere, matches, type SortValue } from './find.js'
import type { Follows } from './follows.js'
import type { DashboardHost } from './host.js'
import type { FullLook } from './look.js'
import { pageRows, type SocketRow, type TopicDetail, type TopicRow } from './protocol.js'
import type { Recorder } from './recorder.js'
import type { SocketList } from './sockets.js'
import type { Walk } from './walk.js'

/** Characters of JSON of a presence that are shown whole. */
const longestMeta = 2_000

type Presence = TopicDetail['presences100'][number]

/** What one node knows of a topic. */
export interface TopicPart {
  readonly topic: string
  readonly members: number
  /** Keys of presences: of all nodes, and of channels of this one alone. */
  readonly presences: number
  readonly ownPresences: number
  readonly broadcasts: number
}

export interface TopicDetailPart extends TopicPart {
  readonly sockets: readonly SocketRow[]
  /** Of its history. */
  readonly position: string | null
  readonly entries: readonly Presence[]
  readonly ownEntries: readonly Presence[]
}

export interface TopicListOptions {
  readonly host: DashboardHost
  readonly recorder: Recorder
  readonly follows: Follows
  readonly sockets: SocketList
}

/** The topics of this node, as the dashboard shows them. */
export class TopicList {
  readonly #options: TopicListOptions

  constructor(options: TopicListOptions) {
    this.#options = options
  }

  /** The first so many that match. */
  async find({ query, sort }: FullLook, count: number, walk: Walk): Promise<FoundHere<string>> {
    const { host, follows } = this.#options
    const finder = new Finder<string>(count)
    const orderOf = this.#columns[sort] ?? byMembers
    await walk.each(host.endpoint.pubsub.topics, ([topic, { size }]) => {
      const subscribers = size - follows.of(topic)
      if (subscribers > 0 && matches(query, topic)) finder.add(orderOf(topic, subscribers), topic)
    })
    return { total: finder.total, found: finder.list() }
  }

  async rows(topics: readonly string[], walk: Walk): Promise<TopicPart[]> {
    const parts: TopicPart[] = []
    for (const topic of topics) parts.push(await this.#part(topic, walk))
    return parts
  }

  async detail(topic: string, walk: Walk): Promise<TopicDetailPart> {
    const { host, sockets } = this.#options
    const members: Socket[] = []
    await walk.each(host.endpoint.pubsub.topics.get(topic) ?? [], (subscriber) => {
      if (members.length >= pageRows || !(subscriber instanceof ChannelServer)) return
      if (subscriber.topic === topic && subscriber.socket instanceof Socket) members.push(subscriber.socket)
    })
    const { named, unnamed } = presencesOf(host.endpoint).trackers
    return {
      ...(await this.#part(topic, walk)),
      position: positionOf(host, topic),
      sockets: await walk.slowly(members, (socket) => sockets.row(socket)),
      entries: firstOf(named, topic),
      ownEntries: firstOf(unnamed, topic)
    }
  }

  async #part(topic: string, walk: Walk): Promise<TopicPart> {
    const { host, recorder } = this.#options
    let members = 0
    await walk.each(host.endpoint.pubsub.topics.get(topic) ?? [], (subscriber) => {
      if (subscriber.topic === topic) members++
    })
    const { named, unnamed } = presencesOf(host.endpoint).trackers
    return {
      topic,
      members,
      presences: countOf(named, topic),
      ownPresences: countOf(unnamed, topic),
      broadcasts: recorder.broadcastsTo(topic)
    }
  }

  readonly #columns: Readonly<Record<string, (topic: string, subscribers: number) => SortValue>> = {
    members: byMembers,
    presences: (topic) => {
      const { named, unnamed } = presencesOf(this.#options.host.endpoint).trackers
      return countOf(named, topic) + countOf(unnamed, topic)
    },
    broadcasts: (topic) => this.#options.recorder.broadcastsTo(topic),
    topic: (topic) => topic
  }
}

const byMembers = (_topic: string, subscribers: number): SortValue => subscribers

/** All nodes know of the presences of trackers with a name. */
export function mergeTopic(topic: string, parts: readonly TopicPart[]): TopicRow {
  const sum = (of: (part: TopicPart) => number): number => parts.reduce((total, part) => total + of(part), 0)
  return {
    topic,
    members: sum(({ members }) => members),
    presences: Math.max(0, ...parts.map(({ presences }) => presences)) + sum((part) => part.ownPresences),
    nodes: parts.filter(({ members }) => members > 0).length,
    broadcasts: sum(({ broadcasts }) => broadcasts)
  }
}

export function mergeTopicDetail(topic: string, parts: readonly TopicDetailPart[]): TopicDetail {
  const [fullest] = parts.toSorted((one, other) => other.entries.length - one.entries.length)
  const presences = [...(fullest?.entries ?? []), ...parts.flatMap(({ ownEntries }) => ownEntries)]
  return {
    ...mergeTopic(topic, parts),
    members100: parts.flatMap(({ sockets }) => sockets).slice(0, pageRows),
    presences100: presences.slice(0, pageRows),
    position: parts.find(({ position }) => position !== null)?.position ?? null
  }
}

function positionOf({ endpoint }: DashboardHost, topic: string): string | null {
  const position = endpoint.histories?.find(topic)
  return position === undefined ? null : `${position.offset} of ${position.epoch}`
}

function countOf(trackers: Iterable<Tracker>, topic: string): number {
  let count = 0
  for (const tracker of trackers) count += tracker.roster(topic)?.size ?? 0
  return count
}

function firstOf(trackers: Iterable<Tracker>, topic: string): Presence[] {
  const found = Array.from(trackers, (tracker) => tracker.roster(topic)?.first(pageRows) ?? []).flat()
  return found.slice(0, pageRows).map(([key, metas]) => ({ key, metas: metas.length, meta: shown(metas[0]) }))
}

function shown(meta: unknown): unknown {
  const text = JSON.stringify(meta) ?? 'null'
  return text.length > longestMeta ? `${text.slice(0, longestMeta)}...` : meta
}
