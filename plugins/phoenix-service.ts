import { ownNames } from '../lib/cluster/own-names.js'
import type { SurveyHandler, SurveyOptions, SurveyResult } from '../lib/cluster/surveys.js'
import type { Endpoint } from '../lib/endpoint/endpoint.js'
import type { Health } from '../lib/endpoint/health.js'
import type { EndpointStats } from '../lib/endpoint/stats.js'
import { demand } from '../lib/options.js'
import type { DrainOptions } from '../lib/socket/drainer.js'
import type { TickLoop, TickLoopOptions } from '../lib/time/tick-loop.js'
import type { PhoenixServer } from './service.js'

/** `app.phoenix`: the way to the connected clients from a route, a job or a hook. */
export interface PhoenixService extends Endpoint {
  /** How many sockets are open. */
  readonly socketCount: number
  /** What went through, and what was refused, left out or cut off since the start; a copy. */
  readonly stats: EndpointStats
  /**
   * Whether new clients should be sent to this node, and why not: while it drains, while the engine of its cluster has
   * been away for longer than the option `health.engineAwayMs`, and while WebRTC peers cannot bind. Costs next to
   * nothing.
   */
  health(): Health
  /**
   * Takes this node out of service, ahead of `app.close()`: {@link health} says so at once, everything is served for
   * `drain.delayMs`, then the sockets are drained, as a close does it, while HTTP is still served. Resolves when they
   * are closed, whatever became of them. May be called again.
   *
   * @param options `delayMs` in place of that of the option `drain`
   * @throws PHX_ERR_OPTION_INVALID for a time that is none.
   */
  drain(options?: Partial<Pick<DrainOptions, 'delayMs'>>): Promise<void>
  /**
   * Calls a function at a fixed rate until the server has closed; for games and the like, which send the
   * state of a room in it.
   *
   * @throws PHX_ERR_OPTION_INVALID for options that are none.
   */
  tickLoop(options: TickLoopOptions): TickLoop
  /** The names of all nodes that are there, this one first; without the option `cluster` it is the only one. */
  nodes(): string[]
  /**
   * Whether the user has a channel `user:<userId>` on any node. Asks all other nodes where there is none on this one;
   * one that does not answer within two seconds counts as one without.
   */
  isOnline(userId: string): Promise<boolean>
  /**
   * Asks all nodes, this one among them, what their {@link onSurvey} has to say, and resolves when all have answered or
   * the time is over. Names those that did not, and those that could not.
   *
   * @param payload What their handlers get, as JSON.
   * @throws PHX_ERR_OPTION_INVALID for a time that is none.
   * @throws PHX_ERR_SERIALIZER_ENCODE for a payload that is no JSON.
   */
  survey(name: string, payload?: unknown, options?: SurveyOptions): Promise<SurveyResult>
  /**
   * Answers surveys of that name on this node, until the result is called: what the handler returns, or resolves with,
   * goes to whoever asked as JSON. There is one for each name.
   *
   * @throws PHX_ERR_OPTION_INVALID for a name that has one, or is no text.
   */
  onSurvey(name: string, handler: SurveyHandler): () => void
}

/** What is meant for applications, and nothing else of a server. */
export function serviceOf(server: PhoenixServer): PhoenixService {
  const { endpoint } = server
  return Object.freeze({
    node: endpoint.node,
    nodes: server.nodes.bind(server),
    isOnline: server.isOnline.bind(server),
    survey(name: string, payload?: unknown, options?: SurveyOptions) {
      demandName(name)
      return server.surveys.ask(name, payload, options)
    },
    onSurvey(name: string, handler: SurveyHandler) {
      demandName(name)
      return server.surveys.on(name, handler)
    },
    localBroadcast: endpoint.localBroadcast.bind(endpoint),
    broadcast: endpoint.broadcast.bind(endpoint),
    publish: endpoint.publish.bind(endpoint),
    history: endpoint.history.bind(endpoint),
    pushToUser: endpoint.pushToUser.bind(endpoint),
    disconnect: endpoint.disconnect.bind(endpoint),
    sendDataToUser: endpoint.sendDataToUser.bind(endpoint),
    sendDataToUsers: endpoint.sendDataToUsers.bind(endpoint),
    broadcastData: endpoint.broadcastData.bind(endpoint),
    peersOf: endpoint.peersOf.bind(endpoint),
    tickLoop: server.tickLoop.bind(server),
    health: server.health.bind(server),
    drain: server.drain.bind(server),
    get socketCount() {
      return server.socketCount
    },
    get stats() {
      return endpoint.allStats
    }
  })
}

function demandName(name: unknown): void {
  const isName = typeof name === 'string' && name !== '' && !name.startsWith(ownNames)
  demand('survey', isName, `must have a name that does not begin with "${ownNames}"`)
}
