import { createHash } from 'node:crypto'
import { ownNames } from '../cluster/own-names.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { Limits } from '../limits/limits.js'
import type { UserBudgets } from '../limits/user-budgets.js'
import { presencesOf } from '../presence/node-presences.js'
import { defaultSizes } from '../presence/sizes.js'
import { type Change, Tracker } from '../presence/tracker.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { PlaceAsks, type PlaceNodes, type PlaceUser } from './place-asks.js'
import { SignOfLife } from './sign-of-life.js'

/** What the sockets of all nodes are told as; no application has a presence of that name. */
const trackerName = `${ownNames}sockets`

const always = (): boolean => true

/**
 * The sockets of users on all nodes, for limits that count over them. They are told and forgotten as presences are: a
 * node tells its own, and those of a node that has gone count no more.
 */
export class ClusterPlaces {
  readonly #endpoint: EndpointServer
  readonly #clock: Clock
  readonly #log: Logger
  readonly #tracker = new Tracker((group, change) => this.#changed(group, change))
  readonly #groups = new Map<string, PlaceGroup>()
  /** Tells the other nodes of changes; undefined while there are none. */
  #tell: ((change: Change) => void) | undefined
  #nodes: PlaceNodes | undefined
  #asks: PlaceAsks | undefined

  constructor(endpoint: EndpointServer, clock: Clock, log: Logger) {
    this.#endpoint = endpoint
    this.#clock = clock
    this.#log = log
    presencesOf(endpoint).add({
      name: trackerName,
      tracker: this.#tracker,
      sizes: defaultSizes,
      connect: (_outlet, tell) => this.#connect(tell),
      release: () => this.#release()
    })
  }

  /** The places of users with those limits, which mounts with the same ones share on all nodes. */
  group(limits: Readonly<Limits>, budgets: UserBudgets): PlaceGroup {
    const name = createHash('sha256').update(JSON.stringify(limits)).digest('base64url').slice(0, 16)
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group = new PlaceGroup(this, name, limits, budgets)
    this.#groups.set(name, group)
    return group
  }

  /** A socket of this node has taken a place. */
  take(holder: object, { group, id }: PlaceUser): void {
    if (this.#tell !== undefined) this.#tracker.track(holder, group, id, { node: this.#endpoint.node })
  }

  free(holder: object): void {
    this.#tracker.untrackAll(holder)
  }

  /**
   * The other nodes on which the user has sockets, each once for each of them. None while they cannot be heard: nobody is
   * refused for sockets that may be closed by now.
   */
  others({ group, id }: PlaceUser): string[] {
    if (this.#nodes?.isUp !== true) return []
    const metas = this.#tracker.roster(group)?.metas(id) ?? []
    return metas.map(({ node }) => String(node)).filter((node) => node !== this.#endpoint.node)
  }

  /** Has the user's sockets on other nodes give a sign of life; undefined where there are none. */
  ask(user: PlaceUser, signOfLifeMs: number, over: () => void): (() => void) | undefined {
    const nodes = new Set(this.others(user))
    return nodes.size === 0 ? undefined : this.#asks?.ask(user, nodes, signOfLifeMs, over)
  }

  #connect(tell: (change: Change) => void): void {
    this.#tell = tell
    this.#nodes = this.#endpoint.cluster
    if (this.#nodes !== undefined) this.#asks = new PlaceAsks(this.#nodes, this.#check)
  }

  #release(): void {
    this.#tell = undefined
    this.#nodes = undefined
    this.#asks?.close()
    this.#asks = undefined
  }

  #changed(group: string, change: Change): void {
    const { local, joined, left } = change
    if (local) this.#tell?.(change)
    else if (left !== undefined && joined === undefined) this.#groups.get(group)?.freed(left.key)
  }

  readonly #check = ({ group, id }: PlaceUser, over: (closed: number) => void): SignOfLife | undefined => {
    const found = this.#groups.get(group)
    const budget = found?.budgets.get(id)
    if (found === undefined || budget?.newestHolder === undefined) return undefined
    return new SignOfLife({
      budget,
      limits: found.limits,
      clock: this.#clock,
      log: this.#log,
      stats: this.#endpoint.stats,
      isWanted: always,
      over
    })
  }
}

/** The places of users that are counted together. */
export class PlaceGroup {
  readonly limits: Readonly<Limits>
  readonly budgets: UserBudgets
  readonly #places: ClusterPlaces
  readonly #name: string

  constructor(places: ClusterPlaces, name: string, limits: Readonly<Limits>, budgets: UserBudgets) {
    this.#places = places
    this.#name = name
    this.limits = limits
    this.budgets = budgets
  }

  /** How many sockets the user has on other nodes. */
  takenElsewhere(id: string): number {
    return this.#places.others({ group: this.#name, id }).length
  }

  take(holder: object, id: string): void {
    this.#places.take(holder, { group: this.#name, id })
  }

  free(holder: object): void {
    this.#places.free(holder)
  }

  /** See `Places.askOthers`. */
  ask(id: string, over: () => void): (() => void) | undefined {
    return this.#places.ask({ group: this.#name, id }, this.limits.signOfLifeMs, over)
  }

  /** A socket of the user on another node has gone. */
  freed(id: string): void {
    this.budgets.get(id)?.waiting?.placeFreed()
  }
}
