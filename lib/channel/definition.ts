import { InvalidOption } from '../errors.js'
import { demandHistory } from '../history/options.js'
import { isFunction } from '../options.js'
import { events } from '../protocol/constants.js'
import { describe, disown } from '../util/describe.js'
import { isClass } from '../util/is-class.js'
import { isObject } from '../util/is-object.js'
import { nearMiss, noSuch } from '../util/near-miss.js'
import type { ChannelDefinition } from './channel.js'

type Check = (value: unknown) => boolean

// Own members alone are called, as events are text from anywhere: a Map and an object of a class have theirs elsewhere.
const areHandlers: Check = (value) =>
  isObject(value) && isPlain(value) && Object.values(value).every(isFunction)

const members: { readonly [name in keyof Required<ChannelDefinition>]: readonly [Check, expected: string] } =
  {
    join: [isFunction, 'a function'],
    handleIn: [
      (value) => isFunction(value) || areHandlers(value),
      'a function, or a plain object of functions by event'
    ],
    handleOut: [areHandlers, 'a plain object of functions by event'],
    handleInfo: [isFunction, 'a function'],
    drain: [isFunction, 'a function'],
    terminate: [isFunction, 'a function'],
    history: [isObject, '{ size, ttlMs }']
  }
const builtIn: readonly string[] = [events.join, events.leave]
const names = Object.keys(members) as (keyof ChannelDefinition)[]

/**
 * Checks what an application gives as a channel: a misspelt callback would silently never be called.
 * Throws `PHX_ERR_OPTION_INVALID`.
 *
 * @param option what the channel is called in the error
 */
export function demandDefinition(option: string, channel: unknown): asserts channel is ChannelDefinition {
  if (isClass(channel)) throw new InvalidOption(option, 'must be an object of the class, as new makes one')
  if (!isObject(channel) || !isFunction(channel.join)) {
    // What a factory returns is not waited for.
    if (isObject(channel)) disown(channel)
    throw new InvalidOption(option, 'must be a channel with a join function')
  }
  demandHandlers(option, channel)
  for (const name of unknownNames(channel)) {
    throw new InvalidOption(`${option}.${name}`, noSuch('callback of a channel', name, names))
  }
}

/** Checks the callbacks that are there. Throws as {@link demandDefinition} does. */
export function demandHandlers(option: string, callbacks: Readonly<Record<string, unknown>>): void {
  for (const name of names) {
    const value = callbacks[name]
    const [isRight, expected] = members[name]
    if (value === undefined || isRight(value)) continue
    disown(value)
    throw new InvalidOption(`${option}.${name}`, `must be ${expected}, not ${describe(value)}`)
  }
  if (callbacks.history !== undefined) demandHistory(`${option}.history`, callbacks.history)
  const uncalled = Object.keys(Object(callbacks.handleIn)).find((event) => builtIn.includes(event))
  if (uncalled === undefined) return
  throw new InvalidOption(
    `${option}.handleIn["${uncalled}"]`,
    'this event is of the protocol, and never handed on'
  )
}

/** Of an object of a class only names that were meant as callbacks: it may keep what it likes. */
function unknownNames(channel: object): string[] {
  const own = Object.keys(channel)
  const inherited = isPlain(channel) ? [] : Object.getOwnPropertyNames(Object.getPrototypeOf(channel))
  const isKnown = (name: string): boolean => (names as string[]).includes(name)
  const isMeant = (name: string): boolean => isPlain(channel) || nearMiss(name, names) !== undefined
  return [...own, ...inherited].filter((name) => !isKnown(name) && isMeant(name))
}

/** Whether it is of no class but Object, of whatever realm. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
