import { Top } from './top.js'

/** What a row is ordered by: larger numbers and smaller texts come first. */
export type SortValue = number | string

/** One that was found: what it is ordered by, and what names it. */
export type Found<Name> = readonly [value: SortValue, name: Name]

/** What was found on one node. */
export interface FoundHere<Name> {
  readonly total: number
  readonly found: readonly Found<Name>[]
}

/** Whether one comes ahead of another; those of the same value by their names, so that pages do not flicker. */
export function isAhead<Name extends SortValue>(one: Found<Name>, other: Found<Name>): boolean {
  if (one[0] !== other[0]) return isFirst(one[0], other[0])
  return one[1] < other[1]
}

function isFirst(one: SortValue, other: SortValue): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one > other
  return String(one) < String(other)
}

/** The first so many of those that match. */
export class Finder<Name extends SortValue> {
  readonly #top: Top<Found<Name>>
  total = 0

  constructor(count: number) {
    this.#top = new Top(count, isAhead)
  }

  add(value: SortValue, name: Name): void {
    this.total++
    this.#top.add([value, name])
  }

  list(): Found<Name>[] {
    return this.#top.list()
  }
}

/** Whether one of these texts has the query in it, whatever its case. */
export function matches(query: string, ...texts: (string | null | undefined)[]): boolean {
  if (query === '') return true
  for (const text of texts) {
    if (text?.toLowerCase().includes(query)) return true
  }
  return false
}
