import type { FoundHere } from './find.js'
import type { Follows } from './follows.js'
import type { HookReport } from './hook-records.js'
import type { DashboardHost } from './host.js'
import type { FullLook } from './look.js'
import { type OwnRow, ownRow } from './node-row.js'
import { PeerList } from './peers.js'
import type { PeerFailure, PeerRow, Refusals, Sample, SocketDetail, SocketRow } from './protocol.js'
import type { Recorder } from './recorder.js'
import { SocketList } from './sockets.js'
import { type TopicDetailPart, TopicList, type TopicPart } from './topics.js'
import { Walk } from './walk.js'

/** What is asked for rows by number: those of one node. */
interface Rows {
  readonly node: string
  readonly numbers: readonly number[]
}

/** One of its kind on one node, and on whose behalf something is done to it. */
interface One {
  readonly node: string
  readonly number: number
  readonly by?: string
}

/** What nodes ask each other, with what each answers; null is of no concern to whoever asked. */
export interface Questions {
  ping: { ask: object; answer: OwnRow }
  pulse: { ask: { newest: number; most: number }; answer: { row: OwnRow; samples: Sample[] } }
  'sockets.find': { ask: Finding; answer: FoundHere<number> }
  'sockets.rows': { ask: { rows: readonly Rows[] }; answer: SocketRow[] }
  'sockets.show': { ask: One; answer: SocketDetail | null }
  'sockets.disconnect': { ask: One; answer: boolean | null }
  'topics.find': { ask: Finding; answer: FoundHere<string> }
  'topics.rows': { ask: { topics: readonly string[] }; answer: TopicPart[] }
  'topics.show': { ask: { topic: string }; answer: TopicDetailPart }
  'peers.find': { ask: Finding; answer: FoundHere<number> }
  'peers.rows': { ask: { rows: readonly Rows[] }; answer: PeerRow[] }
  'peers.close': { ask: One; answer: boolean | null }
  'peers.failures': { ask: object; answer: PeerFailure[] }
  hooks: { ask: object; answer: HookReport }
  refusals: { ask: object; answer: Pick<Refusals, 'counts' | 'recent'> }
}

export interface Finding {
  readonly look: FullLook
  readonly count: number
}

interface List<Name> {
  find(look: FullLook, count: number, walk: Walk): FoundHere<Name> | Promise<FoundHere<Name>>
}

export type QuestionName = keyof Questions
export type Ask<Name extends QuestionName> = Questions[Name]['ask']
export type Answer<Name extends QuestionName> = Questions[Name]['answer']

/** An answer, with the milliseconds of this node's one thread that it took. */
export interface Told<Name extends QuestionName> {
  readonly node: string
  readonly costMs: number
  readonly value: Answer<Name>
}

type Answers = {
  [Name in QuestionName]: (ask: Ask<Name>, walk: Walk) => Answer<Name> | Promise<Answer<Name>>
}

export interface ReportsOptions {
  readonly host: DashboardHost
  readonly recorder: Recorder
  readonly follows: Follows
  /** Of this package. */
  readonly version: string
  /** Whether other nodes may have something done here. */
  readonly actions: boolean
}

/** What this node has to say to a dashboard, here or on another node. */
export class Reports {
  readonly #options: ReportsOptions
  readonly #sockets: SocketList
  readonly #topics: TopicList
  readonly #peers: PeerList

  constructor(options: ReportsOptions) {
    const { host, recorder, follows } = options
    this.#options = options
    this.#sockets = new SocketList(host)
    this.#topics = new TopicList({ host, recorder, follows, sockets: this.#sockets })
    this.#peers = new PeerList(host)
  }

  async answer<Name extends QuestionName>(name: Name, ask: Ask<Name>): Promise<Told<Name>> {
    const { clock, endpoint } = this.#options.host
    const walk = new Walk(clock)
    const value = await this.#answers[name](ask, walk)
    return { node: endpoint.node, costMs: walk.end(), value }
  }

  /** Whether it is the name of a question, which another version of this package may not know. */
  knows(name: string): name is QuestionName {
    return Object.hasOwn(this.#answers, name)
  }

  readonly #answers: Answers = {
    ping: () => this.#row,
    pulse: ({ newest, most }) => ({
      row: this.#row,
      samples: this.#options.recorder.samples(newest, most)
    }),
    'sockets.find': (ask, walk) => this.#find(this.#sockets, ask, walk),
    'sockets.rows': ({ rows }, walk) => this.#sockets.rows(this.#own(rows), walk),
    'sockets.show': ({ node, number }, walk) =>
      this.#isOther(node) ? null : this.#sockets.detail(number, walk),
    'sockets.disconnect': (one, walk) => this.#disconnect(one, walk),
    'topics.find': (ask, walk) => this.#find(this.#topics, ask, walk),
    'topics.rows': ({ topics }, walk) => this.#topics.rows(topics, walk),
    'topics.show': ({ topic }, walk) => this.#topics.detail(topic, walk),
    'peers.find': (ask, walk) => this.#find(this.#peers, ask, walk),
    'peers.rows': ({ rows }, walk) => this.#peers.rows(this.#own(rows), walk),
    'peers.close': (one) => this.#closePeer(one),
    'peers.failures': () => this.#options.recorder.failures.newest(),
    hooks: () => this.#options.recorder.hooks.report(),
    refusals: () => {
      const { refused, refusals } = this.#options.recorder
      return { counts: Object.fromEntries(refused), recent: refusals.newest() }
    }
  }

  get #row(): OwnRow {
    return ownRow(this.#options.host, this.#options.version)
  }

  /** Nothing, where what is looked for is on another node alone. */
  #find<Name>(
    list: List<Name>,
    { look, count }: Finding,
    walk: Walk
  ): FoundHere<Name> | Promise<FoundHere<Name>> {
    if (look.node !== '' && this.#isOther(look.node)) return { total: 0, found: [] }
    return list.find(look, count, walk)
  }

  #isOther(node: string): boolean {
    return node !== this.#options.host.endpoint.node
  }

  #own(rows: readonly Rows[]): readonly number[] {
    return rows.find(({ node }) => !this.#isOther(node))?.numbers ?? []
  }

  async #disconnect({ node, number, by }: One, walk: Walk): Promise<boolean | null> {
    if (this.#isOther(node) || !this.#options.actions) return null
    const socket = await this.#sockets.byNumber(number, walk)
    if (socket === undefined) return false
    this.#options.host.log.info({ by, socketId: socket.id }, 'a socket is disconnected from the dashboard')
    socket.disconnect()
    return true
  }

  #closePeer({ node, number, by }: One): boolean | null {
    if (this.#isOther(node) || !this.#options.actions) return null
    const entry = this.#peers.byNumber(number)
    if (entry === undefined) return false
    this.#options.host.log.info({ by, userId: entry.userId }, 'a peer is closed from the dashboard')
    entry.peer.close('closed from the dashboard')
    return true
  }
}
