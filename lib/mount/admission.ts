import type { ConnectTrace } from '../diagnostics/events.js'
import type { PlaceHolder } from '../limits/place-holder.js'
import type { UserBudget, UserBudgets } from '../limits/user-budgets.js'
import type { Assigns } from '../protocol/assigns.js'
import { closeCodes } from '../protocol/constants.js'
import type { Serializer } from '../protocol/serializer/serializer.js'
import type { SocketIdentity } from '../socket/environment.js'
import type { Socket } from '../socket/socket.js'
import type { Transport } from '../transport/transport.js'
import type { PlaceGroup } from './cluster-places.js'

/** What `connect`, `id` and `expiresAt` said of a client, and where its user is counted. */
export type Admitted = Omit<SocketIdentity, 'release' | 'connect'>

/** A refused connect that says why (`{:error, reason}` of `connect/3`); see {@link refuse}. */
export class Refusal {
  /** What the `errorHandler` gets. */
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** What was decided about a client. */
export type Decision = { admission: Admission } | { refusal: Refusal | undefined }

type OpenSocket = (identity: SocketIdentity, transport: Transport) => Socket

/** A client that may connect: it has a place among the sockets of its user, until that is released. */
export class Admission implements SocketIdentity, PlaceHolder {
  readonly id: string | null
  readonly assigns: Assigns
  readonly serializer: Serializer
  readonly budget: UserBudget
  readonly expiresAt: number | undefined
  readonly address: string | undefined
  connect: ConnectTrace | undefined
  older: PlaceHolder | undefined
  newer: PlaceHolder | undefined
  transport: Transport | undefined
  isHeld = true
  readonly #open: OpenSocket
  readonly #budgets: UserBudgets
  readonly #places: PlaceGroup | undefined
  #socket: Socket | undefined

  constructor(
    { id, assigns, serializer, budget, expiresAt, address }: Admitted,
    open: OpenSocket,
    budgets: UserBudgets,
    places?: PlaceGroup
  ) {
    this.id = id
    this.assigns = assigns
    this.serializer = serializer
    this.budget = budget
    this.expiresAt = expiresAt
    this.address = address
    this.#open = open
    this.#budgets = budgets
    this.#places = places
    this.older = budget.newestHolder
    if (this.older !== undefined) this.older.newer = this
    budget.newestHolder = this
    budget.sockets++
    if (id !== null) places?.take(this, id)
  }

  /** Makes the socket of the client. Nobody owns the connection where that throws, so it is closed. */
  open(transport: Transport): Socket {
    try {
      this.transport = transport
      this.#socket = this.#open(this, transport)
      return this.#socket
    } catch (err) {
      this.release()
      transport.close(closeCodes.internalError)
      throw err
    }
  }

  close(): void {
    this.#socket?.close(closeCodes.protocolError, 'closed')
  }

  /** Gives the place back, once: the connection is gone or being closed, or was never made. */
  release(): void {
    if (!this.isHeld) return
    this.isHeld = false
    const { id, budget, older, newer } = this
    if (older !== undefined) older.newer = newer
    if (newer === undefined) budget.newestHolder = older
    else newer.older = older
    this.older = undefined
    this.newer = undefined
    budget.sockets--
    this.#places?.free(this)
    budget.waiting?.placeFreed()
    if (id !== null) this.#budgets.release(id)
  }
}
