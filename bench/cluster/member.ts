import { type Channel, Presence, Socket } from 'phoenix'
import { WebSocket } from 'ws'

/** What a member says. */
interface Said {
  readonly from: number
  /** Counts what this member has said. */
  readonly count: number
  /** Set where all members say something, and all have to hear it. */
  readonly round?: number
}

/** What a member has heard of another one. */
interface Heard {
  last: number
  /** Its latest messages, and in which of our joins each of them came. */
  readonly recent: Map<number, number>
}

const recentSize = 64

/**
 * Milliseconds that a join may take: thousands of clients of one machine wait for each other. A join that phoenix.js
 * gave up, and that was accepted all the same, leaves a second presence of its client in its own list.
 */
const timeout = 60_000

/** An unmodified phoenix.js client in a room, which holds what it gets against what it should. */
export class Member {
  /** Messages that came a second time within one join, and those that came behind later ones. */
  twice = 0
  disordered = 0
  /** Messages that came before and after a join: the node before was ahead of the one after. */
  again = 0
  received = 0
  readonly #number: number
  readonly #channel: Channel
  readonly #presence: Presence
  readonly #neighbours: ReadonlySet<string>
  readonly #heard = new Map<number, Heard>()
  readonly #round = new Set<number>()
  #roundNumber = 0
  #count = 0
  #joins = 0

  constructor(url: string, number: number, room: number, neighbours: ReadonlySet<string>) {
    this.#number = number
    this.#neighbours = neighbours
    const socket = new Socket(url, {
      transport: WebSocket as never,
      params: { user_id: `${number}` },
      timeout,
      reconnectAfterMs: () => 100 + Math.random() * 900,
      rejoinAfterMs: () => 100 + Math.random() * 400
    })
    socket.onError(() => {})
    socket.connect()
    this.#channel = socket.channel(`room:${room}`)
    this.#presence = new Presence(this.#channel)
    this.#channel.on('said', (said: Said) => this.#hear(said))
    this.#channel.join().receive('ok', () => this.#joins++)
  }

  get isJoined(): boolean {
    return this.#channel.state === 'joined'
  }

  /** Whether it sees all who are in its room, each once, and nobody else. */
  get seesAll(): boolean {
    const seen = this.#presence.list(
      (key: string, { metas }: { metas: unknown[] }) => `${key} ${metas.length}`
    )
    return seen.length === this.#neighbours.size && seen.every((each) => this.#neighbours.has(each))
  }

  say(round?: number): void {
    if (!this.isJoined) return
    this.#channel.push('say', { from: this.#number, count: ++this.#count, round })
  }

  /** Says something that all in the room have to hear. */
  beginRound(round: number): void {
    this.#roundNumber = round
    this.#round.clear()
    this.say(round)
  }

  /** Members of its room that were not heard in this round. */
  get missing(): number {
    return this.#neighbours.size - this.#round.size
  }

  #hear({ from, count, round }: Said): void {
    this.received++
    const heard = this.#heard.get(from) ?? { last: 0, recent: new Map<number, number>() }
    this.#heard.set(from, heard)
    const before = heard.recent.get(count)
    if (before === this.#joins) this.twice++
    else if (before !== undefined) this.again++
    else if (count < heard.last) this.disordered++
    heard.last = Math.max(heard.last, count)
    heard.recent.set(count, this.#joins)
    heard.recent.delete(count - recentSize)
    if (round !== undefined && round === this.#roundNumber) this.#round.add(from)
  }
}
