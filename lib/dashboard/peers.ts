import { excerpt } from '../log/excerpt.js'
import type { PeerEntry } from '../peers/peer-registry.js'
import type { CandidateReport, PeerReport } from '../peers/peer-report.js'
import { Finder, type FoundHere, matches, type SortValue } from './find.js'
import type { DashboardHost } from './host.js'
import type { FullLook } from './look.js'
import type { PeerRow } from './protocol.js'
import type { Walk } from './walk.js'

/** The peers of this node, as the dashboard shows them. What the library knows of one takes a few native calls. */
export class PeerList {
  readonly #host: DashboardHost

  constructor(host: DashboardHost) {
    this.#host = host
  }

  /** The first so many that match, by their numbers. */
  async find({ query, sort }: FullLook, count: number, walk: Walk): Promise<FoundHere<number>> {
    const finder = new Finder<number>(count)
    const column = columns[sort] ?? bySince
    await walk.slowly(this.#host.endpoint.peers.all, (entry) => {
      const isNamed = matches(query, entry.userId)
      const report = isNamed && !column.needsReport ? undefined : (entry.peer.getStats() ?? undefined)
      if (isNamed || (report !== undefined && matches(query, ...addressesOf(report)))) {
        finder.add(column.orderOf(entry, report), entry.number)
      }
    })
    return { total: finder.total, found: finder.list() }
  }

  /** Those of these numbers that are still there. */
  async rows(numbers: readonly number[], walk: Walk): Promise<PeerRow[]> {
    const { node, peers } = this.#host.endpoint
    const wanted = new Set(numbers)
    const entries = [...peers.all].filter(({ number }) => wanted.has(number))
    const rows = await walk.slowly(entries, (entry) => peerRow(node, entry))
    return rows.filter((row) => row !== undefined)
  }

  /** The peer of a number; undefined where it has ended. */
  byNumber(number: number): PeerEntry | undefined {
    for (const entry of this.#host.endpoint.peers.all) if (entry.number === number) return entry
    return undefined
  }
}

/** Undefined where it has ended. */
export function peerRow(node: string, { number, userId, since, peer }: PeerEntry): PeerRow | undefined {
  const report = peer.getStats()
  if (report === null) return undefined
  const {
    state,
    selectedCandidatePair: pair,
    roundTripTimeMs,
    dataChannels,
    messagesIn,
    messagesOut
  } = report
  return {
    ref: `${node}/${number}`,
    node,
    userId: excerpt(userId),
    state,
    since,
    pair: pair && { local: candidateText(pair.local), remote: candidateText(pair.remote) },
    roundTripMs: roundTripTimeMs,
    dataChannels: dataChannels.map(({ label, bufferedAmount }) => ({ label, bufferedAmount })),
    messagesIn,
    messagesOut,
    dropped: Object.fromEntries(Object.entries(report.dropped).filter(([, count]) => count > 0))
  }
}

interface Column {
  readonly needsReport: boolean
  orderOf(entry: PeerEntry, report: PeerReport | undefined): SortValue
}

const ofReport = (orderOf: (report: PeerReport) => SortValue | null, otherwise: SortValue): Column => ({
  needsReport: true,
  orderOf: (_entry, report) => (report && orderOf(report)) ?? otherwise
})

const bySince: Column = { needsReport: false, orderOf: ({ since }) => since }

const columns: Readonly<Record<string, Column>> = {
  since: bySince,
  userId: { needsReport: false, orderOf: ({ userId }) => userId },
  state: ofReport(({ state }) => state, ''),
  roundTripMs: ofReport(({ roundTripTimeMs }) => roundTripTimeMs, -1),
  messagesIn: ofReport(({ messagesIn }) => messagesIn, 0),
  messagesOut: ofReport(({ messagesOut }) => messagesOut, 0),
  dropped: ofReport(({ dropped }) => Object.values(dropped).reduce((sum, count) => sum + count, 0), 0)
}

function addressesOf({ selectedCandidatePair: pair, state }: PeerReport): string[] {
  return pair === null ? [state] : [state, candidateText(pair.remote), candidateText(pair.local)]
}

function candidateText({ type, protocol, address, port }: CandidateReport): string {
  const host = address.includes(':') ? `[${address}]` : address
  return `${type} ${protocol} ${host}:${port}`
}
