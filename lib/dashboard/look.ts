import { isCount } from '../options.js'
import { isObject } from '../util/is-object.js'
import { type Look, maxPages, type Problem, sortColumns } from './protocol.js'

export type ListName = keyof typeof sortColumns

/** A look as it is asked of nodes: whole, and with nothing that is wrong. */
export interface FullLook {
  /** In lower case; empty for all. */
  readonly query: string
  readonly sort: string
  readonly page: number
  /** Empty for all. */
  readonly node: string
}

const longestQuery = 200
const names: ReadonlySet<string> = new Set<keyof Look>(['query', 'sort', 'page', 'node'])

/** Reads what a page asks a list for; what is wrong with it is the answer to whoever asked. */
export function readLook(list: ListName, payload: unknown): FullLook | Problem {
  if (!isObject(payload)) return wrong('must be an object {query, sort, page, node}')
  const unknown = Object.keys(payload).find((name) => !names.has(name))
  if (unknown !== undefined) return wrong('has query, sort, page and node, and nothing else')
  const { query = '', sort = sortColumns[list][0], page = 0, node = '' } = payload
  if (typeof query !== 'string' || query.length > longestQuery) {
    return wrong(`query must be text of at most ${longestQuery} characters`)
  }
  const columns: readonly unknown[] = sortColumns[list]
  if (!columns.includes(sort)) return wrong(`sort must be one of ${columns.join(', ')}`)
  if (!isCount(page) || page >= maxPages)
    return wrong(`page must be a whole number from 0 to ${maxPages - 1}`)
  if (typeof node !== 'string' || node.length > longestQuery) return wrong('node must be the name of a node')
  return { query: query.toLowerCase(), sort: String(sort), page, node }
}

export const isProblem = (value: object): value is Problem => 'reason' in value

function wrong(message: string): Problem {
  return { reason: 'invalid_look', message }
}
