import type { Clock } from './time/clock.js'
import { type Logger, logFailure } from './util/logger.js'
import { isThenable } from './util/thenable.js'

/** What gets the error in place of the log: whoever owns the code can end what it belongs to. */
export type OnFailure = (error: unknown) => void

/**
 * Enters code of the application, or code that may run into it, from where nobody would catch what it throws: a
 * timer, a promise, a native callback, an event. There an error would end the process. What it throws, or rejects
 * with, is logged as `message`, or goes to `onFailure`. Never throws.
 */
export function enter(log: Logger, message: string, code: () => unknown, onFailure?: OnFailure): void {
  guard(log, message, code, onFailure)()
}

/** A callback that {@link enter}s another one. */
export function guard<A extends unknown[]>(
  log: Logger,
  message: string,
  callback: (...args: A) => unknown,
  onFailure?: OnFailure
): (...args: A) => void {
  const failed = (err: unknown): void => report(log, message, err, onFailure)
  return (...args) => {
    try {
      const result = callback(...args)
      if (result !== undefined && isThenable(result)) Promise.resolve(result).catch(failed)
    } catch (err) {
      failed(err)
    }
  }
}

/** A clock whose timers {@link enter} what they call. */
export function guardedClock(clock: Clock, log: Logger): Clock {
  return {
    now: () => clock.now(),
    date: () => clock.date(),
    setTimeout: (callback, ms) => clock.setTimeout(guard(log, 'a timer failed', callback), ms),
    clearTimeout: (timer) => clock.clearTimeout(timer)
  }
}

type Listener = (event: Event) => unknown
type AnyListener = Parameters<EventTarget['addEventListener']>[1]
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2]

/**
 * An AbortController for code of the application: a listener of its signal that throws does not end the process, as
 * it would in Node.
 */
export function guardedController(log: Logger): AbortController {
  const controller = new AbortController()
  const { signal } = controller
  const guarded = new WeakMap<object, Listener>()
  const guardListener = (listener: NonNullable<AnyListener>): Listener => {
    const call: Listener = (event) =>
      typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event)
    const known = guarded.get(listener) ?? guard(log, 'a listener of an abort signal failed', call)
    guarded.set(listener, known)
    return known
  }
  let onabort: Listener | null = null
  Object.defineProperties(signal, {
    addEventListener: {
      value(type: string, listener: AnyListener | null, options?: ListenerOptions) {
        const known = listener === null || listener === undefined ? listener : guardListener(listener)
        EventTarget.prototype.addEventListener.call(signal, type, known as Listener, options)
      }
    },
    removeEventListener: {
      value(type: string, listener: AnyListener | null, options?: ListenerOptions) {
        const known = (listener && guarded.get(listener)) ?? listener
        EventTarget.prototype.removeEventListener.call(signal, type, known as Listener, options)
      }
    },
    onabort: {
      get: () => onabort,
      set(listener: unknown) {
        onabort = typeof listener === 'function' ? (listener as Listener) : null
        Reflect.set(AbortSignal.prototype, 'onabort', onabort && guardListener(onabort), signal)
      }
    }
  })
  return controller
}

function report(log: Logger, message: string, err: unknown, onFailure: OnFailure | undefined): void {
  if (onFailure === undefined) return logFailure(log, 'error', { err }, message)
  try {
    onFailure(err)
  } catch {
    // There is nobody left to tell.
  }
}
