import { type Found, isAhead, type SortValue } from './find.js'
import type { FullLook, ListName } from './look.js'
import type { Nodes } from './nodes.js'
import { type Page, type PeerRow, pageRows, type SocketRow, type TopicRow } from './protocol.js'
import { mergeTopic } from './topics.js'

/** A page, and the milliseconds that a node took for it. */
export interface Read<Body> {
  readonly body: Body
  readonly costMs: number
}

interface Rows {
  sockets: SocketRow
  topics: TopicRow
  peers: PeerRow
}

export type PageOf<Name extends ListName> = Page<Rows[Name]>

/** A page of a list: what all nodes have, in one order. */
export async function readPage<Name extends ListName>(
  nodes: Nodes,
  list: Name,
  look: FullLook
): Promise<Read<PageOf<Name>>> {
  const read = list === 'topics' ? readTopics(nodes, look) : readNumbered(nodes, list, look)
  return read as Promise<Read<PageOf<Name>>>
}

/** Each node finds its first ones; those that are on the page are asked for anew, whole. */
async function readNumbered(
  nodes: Nodes,
  list: 'sockets' | 'peers',
  look: FullLook
): Promise<Read<Page<SocketRow | PeerRow>>> {
  const heard = await nodes.ask(`${list}.find`, { look, count: countOf(look) })
  const found = heard.answers.flatMap(({ node, value }) =>
    value.found.map(([value, number]): Found<string> => [value, `${node}/${number}`])
  )
  const refs = pageOf(found, look)
  const numbers = new Map<string, number[]>()
  for (const ref of refs) {
    const [node, number] = splitRef(ref)
    numbers.set(node, [...(numbers.get(node) ?? []), number])
  }
  const rows = Array.from(numbers, ([node, own]) => ({ node, numbers: own }))
  const whole = await nodes.ask(`${list}.rows`, { rows })
  const byRef = new Map<string, SocketRow | PeerRow>()
  for (const { value } of whole.answers) for (const row of value) byRef.set(row.ref, row)
  return {
    body: {
      rows: refs.map((ref) => byRef.get(ref)).filter((row) => row !== undefined),
      total: heard.answers.reduce((sum, { value }) => sum + value.total, 0),
      page: look.page,
      silent: missing(heard, whole)
    },
    costMs: heard.costMs + whole.costMs
  }
}

/** A topic may be on several nodes: those that any of them has among its first ones are summed up over all. */
async function readTopics(nodes: Nodes, look: FullLook): Promise<Read<Page<TopicRow>>> {
  const heard = await nodes.ask('topics.find', { look, count: countOf(look) })
  const best = new Map<string, SortValue>()
  for (const [value, topic] of heard.answers.flatMap(({ value }) => value.found)) {
    best.set(topic, joined(best.get(topic), value, look.sort))
  }
  const found = Array.from(best, ([topic, value]): Found<string> => [value, topic])
  const topics = pageOf(found, look)
  const whole = await nodes.ask('topics.rows', { topics })
  const parts = whole.answers.flatMap(({ value }) => value)
  const rows = topics.map((topic) =>
    mergeTopic(
      topic,
      parts.filter((part) => part.topic === topic)
    )
  )
  const totals = heard.answers.map(({ value }) => value.total)
  return {
    body: { rows, total: Math.max(best.size, ...totals), page: look.page, silent: missing(heard, whole) },
    costMs: heard.costMs + whole.costMs
  }
}

/** Presences with a name are known to all nodes; members and broadcasts are each node's own. */
function joined(one: SortValue | undefined, other: SortValue, sort: string): SortValue {
  if (typeof one !== 'number' || typeof other !== 'number') return other
  return sort === 'presences' ? Math.max(one, other) : one + other
}

/** Whose part is missing, as they did not answer both questions. */
function missing(...asked: readonly { readonly silent: readonly string[] }[]): string[] {
  return [...new Set(asked.flatMap(({ silent }) => silent))]
}

const countOf = ({ page }: FullLook): number => (page + 1) * pageRows

function pageOf(found: readonly Found<string>[], { page }: FullLook): string[] {
  const sorted = found.toSorted((one, other) => (isAhead(one, other) ? -1 : 1))
  return sorted.slice(page * pageRows, (page + 1) * pageRows).map(([, name]) => name)
}

/** The node and the number that a ref names. */
export function splitRef(ref: string): [node: string, number: number] {
  const slash = ref.lastIndexOf('/')
  return [ref.slice(0, slash), Number(ref.slice(slash + 1))]
}
