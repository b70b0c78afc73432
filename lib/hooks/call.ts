import { HookReasonInvalid, HookRefused } from '../errors.js'
import type { Assigns } from '../protocol/assigns.js'
import type { Logger } from '../util/logger.js'
import type { AbortSource } from './abort-source.js'
import type { CallTransport, HookCall, HookCaller } from './types.js'

/** The parts of a call that all calls of one join share. */
export type CallerFunctions = Pick<HookCall, 'push' | 'sendData'>

/**
 * The first argument of a hook. Its functions need no `this`, so that a hook may take the call apart:
 * `({ userId, refuse }, ...args)`.
 */
export class Call implements HookCall {
  readonly userId: string
  readonly assigns: Assigns
  readonly topic: string
  readonly transport: CallTransport
  readonly log: Logger
  readonly push: HookCall['push']
  readonly sendData: HookCall['sendData']
  readonly refuse: (reason: string) => never
  readonly #abort: AbortSource

  constructor(caller: HookCaller, functions: CallerFunctions, transport: CallTransport, abort: AbortSource) {
    this.userId = caller.userId
    this.assigns = caller.assigns
    this.topic = caller.topic
    this.transport = transport
    this.log = caller.log
    this.push = functions.push
    this.sendData = functions.sendData
    this.refuse = refuse
    this.#abort = abort
  }

  get key(): string | undefined {
    return this.#abort.key
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }
}

export function callerFunctions(caller: HookCaller): CallerFunctions {
  return {
    push: (event, payload) => caller.push(event, payload),
    sendData: (label, data, options) => caller.sendData(label, data, options)
  }
}

const refusals = new WeakMap<object, string>()

/**
 * The reason, where what a hook threw is a refusal. A hook may throw anything, so nothing is read from
 * it: it is only compared by identity.
 */
export function refusalReason(thrown: unknown): string | undefined {
  return refusals.get(thrown as object)
}

function refuse(reason: string): never {
  if (typeof reason !== 'string') throw new HookReasonInvalid(typeof reason)
  const refused = new HookRefused(reason)
  refusals.set(refused, reason)
  throw refused
}
