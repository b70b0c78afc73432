type Listener<Args extends readonly unknown[]> = (...args: Args) => unknown

/**
 * Events with typed arguments. Listeners run in microtasks of their own: what one throws is an
 * uncaught error of the application, and neither stops the others nor whoever emits.
 */
export class Emitter<Events extends { [name in keyof Events]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()

  /** Returns the function that takes the listener away again. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // Another function each time, so that adding one listener twice is two.
    const entry: Listener<Events[Name]> = (...args) => listeners.has(entry) && listener(...args)
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      queueMicrotask(() => (listener as Listener<Events[Name]>)(...args))
    }
  }
}
