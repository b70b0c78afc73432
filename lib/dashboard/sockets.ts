import { excerpt } from '../log/excerpt.js'
import type { Socket } from '../socket/socket.js'
import { Finder, type FoundHere, matches, type SortValue } from './find.js'
import type { DashboardHost } from './host.js'
import type { FullLook } from './look.js'
import { peerRow } from './peers.js'
import type { SocketDetail, SocketRow } from './protocol.js'
import { Rates } from './rates.js'
import type { Walk } from './walk.js'

/** Channels of one socket that are shown. */
const shownChannels = 200

/** The sockets of this node, as the dashboard shows them. */
export class SocketList {
  readonly #host: DashboardHost
  readonly #rates: Rates

  constructor(host: DashboardHost) {
    this.#host = host
    this.#rates = new Rates(host.clock)
  }

  /** The first so many that match, by their numbers. */
  async find({ query, sort }: FullLook, count: number, walk: Walk): Promise<FoundHere<number>> {
    const finder = new Finder<number>(count)
    const orderOf = this.#columns[sort] ?? sinceOf
    for (const { sockets } of this.#host.mounts) {
      await walk.each(sockets, (socket) => {
        if (!isFound(socket, query)) return
        finder.add(orderOf(socket), socket.number)
      })
    }
    return { total: finder.total, found: finder.list() }
  }

  /** Those of these numbers that are still open. */
  async rows(numbers: readonly number[], walk: Walk): Promise<SocketRow[]> {
    const wanted = new Set(numbers)
    const sockets: Socket[] = []
    await this.#each(walk, (socket) => {
      if (wanted.has(socket.number)) sockets.push(socket)
    })
    return walk.slowly(sockets, (socket) => this.row(socket))
  }

  async detail(number: number, walk: Walk): Promise<SocketDetail | null> {
    const socket = await this.byNumber(number, walk)
    if (socket === undefined) return null
    const { node, peers } = this.#host.endpoint
    const own = [...peers.all].filter(({ owner }) => owner === socket)
    const rows = await walk.slowly(own, (entry) => peerRow(node, entry))
    const joined = [...socket.channels.values()].slice(0, shownChannels)
    return {
      ...this.row(socket),
      expiresAt: socket.expiresAt ?? null,
      joined: joined.map(({ topic, pattern, waiting, isBusy }) => ({
        topic,
        pattern,
        waiting,
        busy: isBusy
      })),
      backlogBytes: socket.waiting?.bytes ?? 0,
      peers: rows.filter((row) => row !== undefined)
    }
  }

  /** The socket of a number; undefined where it has closed. */
  async byNumber(number: number, walk: Walk): Promise<Socket | undefined> {
    let found: Socket | undefined
    await this.#each(walk, (socket) => {
      if (socket.number === number) found = socket
    })
    return found
  }

  row(socket: Socket): SocketRow {
    const { node, peers } = this.#host.endpoint
    const { number, id, transport, path, address = '', since, channels, queuedBytes } = socket
    const { messagesIn, messagesOut } = socket
    return {
      ref: `${node}/${number}`,
      node,
      id: id === null ? null : excerpt(id),
      transport,
      path,
      address,
      since,
      channels: channels.size,
      queuedBytes,
      messagesIn,
      messagesOut,
      ...this.#rates.of(socket),
      hasPeer: peers.isOf(socket)
    }
  }

  async #each(walk: Walk, visit: (socket: Socket) => void): Promise<void> {
    for (const { sockets } of this.#host.mounts) await walk.each(sockets, visit)
  }

  readonly #columns: Readonly<Record<string, (socket: Socket) => SortValue>> = {
    since: sinceOf,
    queuedBytes: ({ queuedBytes }) => queuedBytes,
    inPerSecond: (socket) => this.#rates.of(socket).inPerSecond,
    outPerSecond: (socket) => this.#rates.of(socket).outPerSecond,
    messagesIn: ({ messagesIn }) => messagesIn,
    messagesOut: ({ messagesOut }) => messagesOut,
    channels: ({ channels }) => channels.size,
    id: ({ id }) => id ?? '',
    address: ({ address = '' }) => address
  }
}

const sinceOf = ({ since }: Socket): SortValue => since

function isFound({ id, address, channels }: Socket, query: string): boolean {
  if (matches(query, id, address)) return true
  for (const topic of channels.keys()) if (matches(query, String(topic))) return true
  return false
}
