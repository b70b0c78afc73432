import { InvalidQuery } from '../errors.js'

/** A parameter of a connect: text, or what bracketed keys made of it. */
export type Param = string | Param[] | Params

/** The parameters of a connect. Has no prototype: every name in it came from the client. */
export interface Params {
  [name: string]: Param
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Deeper than any client nests parameters, and shallow enough for everything that walks them. */
const maxDepth = 32

/**
 * Parses a query string the way Plug.Conn.Query does: the last of several values counts, `a[b]=1`
 * nests, `a[]=1` lists, a name without `=` is empty, and a percent sign that starts no escape is
 * kept. Throws `PHX_ERR_SOCKET_QUERY` when something in it is not UTF-8.
 */
export function parseQuery(query: string): Params {
  const params: Params = Object.create(null)
  let start = 0
  while (start < query.length) {
    const next = query.indexOf('&', start)
    const end = next < 0 ? query.length : next
    if (end > start) read(params, query.slice(start, end))
    start = end + 1
  }
  return params
}

function read(params: Params, pair: string): void {
  const at = pair.indexOf('=')
  const name = decode(at < 0 ? pair : pair.slice(0, at))
  const value = at < 0 ? '' : decode(pair.slice(at + 1))
  // Most are plain, and need no list of keys.
  if (name.includes('[')) assign(params, keysOf(name), value)
  else params[name] = value
}

/** `user[roles][]` is user, roles and the empty key, which stands for a further element of a list. */
function keysOf(name: string): string[] {
  const open = name.indexOf('[')
  if (open <= 0 || !name.endsWith(']')) return [name]
  const keys = name.slice(open + 1, -1).split('][')
  return keys.length < maxDepth ? [name.slice(0, open), ...keys] : [name]
}

function assign(params: Params, keys: readonly string[], value: string): void {
  let container: Params | Param[] = params
  for (const [i, key] of keys.entries()) {
    const last = i === keys.length - 1
    const next: Param = last ? value : nested(container, key, keys[i + 1] === '')
    if (Array.isArray(container)) container.push(next)
    else container[key] = next
    if (!last) container = next as Params | Param[]
  }
}

/** The list or map that a key leads to; what stood there and is of another kind makes way. */
function nested(container: Params | Param[], key: string, list: boolean): Param[] | Params {
  const present = Array.isArray(container) ? undefined : container[key]
  if (list) return Array.isArray(present) ? present : []
  const isMap = typeof present === 'object' && !Array.isArray(present)
  return isMap ? present : Object.create(null)
}

function decode(text: string): string {
  if (!text.includes('+') && !text.includes('%')) return text
  const plain = text.replaceAll('+', ' ')
  const bytes: Buffer[] = []
  let from = 0
  for (const match of plain.matchAll(/(?:%[0-9a-fA-F]{2})+/g)) {
    bytes.push(Buffer.from(plain.slice(from, match.index)), Buffer.from(match[0].replaceAll('%', ''), 'hex'))
    from = match.index + match[0].length
  }
  bytes.push(Buffer.from(plain.slice(from)))
  try {
    return utf8.decode(Buffer.concat(bytes))
  } catch {
    throw new InvalidQuery()
  }
}
