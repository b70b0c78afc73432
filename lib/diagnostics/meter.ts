/**
 * Counts and times what happens too often for a message on a channel each time: making one costs several times what
 * counting does, and a look at the clock a good part of it. What begins gives its moment to what ends, as the meter
 * has it.
 */
export interface Meter {
  /** The handler of an event of a client begins. */
  handlerBegins(): number
  /** It has returned: it is over, unless it gave a promise. */
  handlerReturns(begun: number, pattern: string, result: string | undefined): void
  /** What it gave is settled. */
  handlerSettles(begun: number, pattern: string, result: string): void
  /** A hook call begins. One that a handler makes is the first that it does, and the last. */
  hookBegins(): number
  hookEnds(begun: number, call: MeteredCall, registry: MeteredRegistry, result: string): void
  broadcastBegins(): number
  broadcastEnds(begun: number, receivers: number, isDelivered: boolean): void
}

/** A hook call, whose names are its client's. */
export interface MeteredCall {
  readonly hookPlugin: string
  readonly fn: string
  readonly transport: 'websocket' | 'longpoll' | 'datachannel'
}

/** Knows which hooks there are. */
export interface MeteredRegistry {
  find(hookPlugin: string, fn: string): object | undefined
}

/** Where a server has its meter; most have none. */
export class Meters {
  current: Meter | undefined
}
