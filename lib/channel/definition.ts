import { InvalidOption } from '../errors.js'
import { demandHistory } from '../history/options.js'
import { describe, disown } from '../util/describe.js'
import { isObject } from '../util/is-object.js'
import { nearMiss, noSuch } from '../util/near-miss.js'
import type { ChannelDefinition } from './channel.js'

type Check = (value: unknown) => boolean

const isFunction: Check = (value) => typeof value === 'function'
const areHandlers: Check = (value) => isObject(value) && Object.values(value).every(isFunction)

const members: { readonly [name in keyof Required<ChannelDefinition>]: readonly [Check, expected: string] } =
  {
    join: [isFunction, 'a function'],
    handleIn: [
      (value) => isFunction(value) || areHandlers(value),
      'a function, or an object of functions by event'
    ],
    handleOut: [areHandlers, 'an object of functions by event'],
    handleInfo: [isFunction, 'a function'],
    drain: [isFunction, 'a function'],
    terminate: [isFunction, 'a function'],
    history: [isObject, '{ size, ttlMs }']
  }
const names = Object.keys(members) as (keyof ChannelDefinition)[]

/**
 * Checks what an application gives as a channel: a misspelt callback would silently never be called.
 * Throws `PHX_ERR_OPTION_INVALID`.
 *
 * @param option what the channel is called in the error
 */
export function demandDefinition(option: string, channel: unknown): asserts channel is ChannelDefinition {
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
    throw new InvalidOption(`${option}.${name}`, `must be ${expected}, not ${describe(value)}`)
  }
  if (callbacks.history !== undefined) demandHistory(`${option}.history`, callbacks.history)
}

/** Of an object of a class only names that were meant as callbacks: it may keep what it likes. */
function unknownNames(channel: object): string[] {
  const prototype = Object.getPrototypeOf(channel)
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  const own = Object.keys(channel)
  const all = isPlain ? own : [...own, ...Object.getOwnPropertyNames(prototype)]
  const isKnown = (name: string): boolean => (names as string[]).includes(name)
  return all.filter((name) => !isKnown(name) && (isPlain || nearMiss(name, names) !== undefined))
}
