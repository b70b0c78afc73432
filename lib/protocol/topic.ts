import type { Scalar } from './message.js'

/** Where the topics of a pattern are routed to. */
export interface Route<T> {
  readonly pattern: string
  readonly prefix: string
  readonly wildcard: boolean
  readonly target: T
}

/**
 * Finds what a topic is routed to. A pattern is a topic, or a prefix that ends with `*`; the first
 * one that matches wins (Phoenix.Socket `channel/3`).
 */
export class TopicRouter<T> {
  readonly #routes: Route<T>[] = []

  add(pattern: string, target: T): void {
    const wildcard = pattern.endsWith('*')
    this.#routes.push({ pattern, prefix: wildcard ? pattern.slice(0, -1) : pattern, wildcard, target })
  }

  get patterns(): string[] {
    return this.#routes.map(({ pattern }) => pattern)
  }

  get targets(): T[] {
    return this.#routes.map(({ target }) => target)
  }

  match(topic: Scalar): Route<T> | undefined {
    if (typeof topic !== 'string') return undefined
    for (const route of this.#routes) {
      if (route.wildcard ? topic.startsWith(route.prefix) : topic === route.prefix) return route
    }
    return undefined
  }
}

/** What is wrong with a topic pattern, or undefined when nothing is. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern === '') return 'a topic pattern must not be empty'
  const star = pattern.indexOf('*')
  if (star >= 0 && star !== pattern.length - 1) return `"${pattern}" has a * that is not its last character`
  return undefined
}
