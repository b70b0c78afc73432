import { Reasons } from './reasons.js'

/** What one client was to hear, and how that went. */
export interface ClientLoss {
  /** Number of the client. */
  readonly client: number
  readonly missing: number
  readonly doubled: number
  readonly disordered: number
  readonly forgone: number
}

/** What came of clients that come back to a topic with history. */
export interface Recovery {
  /** Connections that broke: those that the load has cut, and those that the server has ended. */
  readonly cut: number
  readonly closed: Readonly<Record<string, number>>
  /** Joins with a position: those that were told `recovered: true`, and those that were told false. */
  readonly recovered: number
  readonly unrecovered: number
  /** Attempts to come back that failed, by reason; they are made again. */
  readonly failures: Readonly<Record<string, number>>
  /** Messages that were missed and came after the join. */
  readonly replayed: number
  /** Messages that clients were told they cannot have. */
  readonly forgone: number
  /** Messages that came behind newer ones. */
  readonly disordered: number
  /** Clients of which something is not as it was to be, the worst first. */
  readonly clients: readonly ClientLoss[]
}

/** The report names no more clients than somebody looks at. */
const maxClients = 100

const wrongOf = ({ missing, doubled, disordered }: ClientLoss): number => missing + doubled + disordered

/** Counts recoveries while a load runs. */
export class Recoveries {
  readonly closed = new Reasons()
  readonly failures = new Reasons()
  cut = 0
  recovered = 0
  unrecovered = 0
  replayed = 0
  forgone = 0
  disordered = 0
  /** Each says what came of a client so far. */
  readonly losses: (() => ClientLoss)[] = []

  read(): Recovery {
    const { cut, recovered, unrecovered, replayed, forgone, disordered } = this
    const clients = this.losses
      .map((loss) => loss())
      .filter((loss) => wrongOf(loss) + loss.forgone > 0)
      .sort((a, b) => wrongOf(b) - wrongOf(a) || b.forgone - a.forgone)
      .slice(0, maxClients)
    return {
      cut,
      closed: this.closed.toObject(),
      recovered,
      unrecovered,
      failures: this.failures.toObject(),
      replayed,
      forgone,
      disordered,
      clients
    }
  }
}
