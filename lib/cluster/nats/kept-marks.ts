/** Milliseconds for which the position of a repeat is looked up in a message. */
export const repeatMs = 120_000

/** The same and a while more, as nodes know the server's time about; in seconds. */
const repeatSeconds = repeatMs / 1000 + 30

/** Messages that are worth a question to the server. */
const worthwhile = 10

const maxMarks = 8

/** A message in the stream, and a time at which it was there, by the server's clock; in seconds since 1970. */
export interface Mark {
  readonly offset: number
  readonly seq: number
  readonly at: number
}

/**
 * What a kept message knows of those ahead of it, so that whichever node appends the next one can take away what nobody
 * needs any more: no node has to remember it, whatever the number of topics, and it goes on where a node has ended.
 */
export interface Marks {
  /** Offset ahead of which all is gone. */
  readonly cut: number
  /** Some of the others, in their order, the older ones farther apart. */
  readonly marks: readonly Mark[]
}

/** For how long messages are kept, and how many. */
export interface KeptTerms {
  readonly size: number
  readonly ttlMs: number
}

export const noMarks: Marks = { cut: 0, marks: [] }

/** With a mark more, where it is far enough from the last one. */
export function withMark({ cut, marks }: Marks, mark: Mark, { size, ttlMs }: KeptTerms): Marks {
  const last = marks.at(-1)
  // The first one stays until it is old enough: by then it has to be worth it.
  const isFar =
    last === undefined
      ? mark.offset - cut >= worthwhile
      : mark.offset - last.offset >= Math.ceil(size / 4) ||
        mark.at - last.at >= Math.max(repeatSeconds, ttlMs / 1000) / 2
  if (!isFar) return { cut, marks }
  const all = [...marks, mark]
  return { cut, marks: all.length > maxMarks ? all.filter((_, index) => index % 2 === 0) : all }
}

/** The message ahead of which all may go, where the last one is at `end`; undefined where that is not worth a question, or the time is not known. */
export function cutOf(
  { cut, marks }: Marks,
  end: number,
  now: number | undefined,
  { size, ttlMs }: KeptTerms
): Mark | undefined {
  if (now === undefined) return undefined
  const mark = marks.findLast(({ offset, at }) => {
    const age = now - at
    return age >= repeatSeconds && (offset <= end - size + 1 || age * 1000 >= ttlMs)
  })
  return mark !== undefined && mark.offset - cut >= worthwhile ? mark : undefined
}

/** What is left when all ahead of a message is gone. */
export function cutAt({ marks }: Marks, { offset }: Mark): Marks {
  return { cut: offset, marks: marks.filter((mark) => mark.offset > offset) }
}

/** `<cut> <offset>:<seq>:<at>,<offset>:<seq>:<at>...` */
export function encodeMarks({ cut, marks }: Marks): string {
  const list = marks.map(({ offset, seq, at }) => `${offset}:${seq}:${at}`).join()
  return `${cut} ${list || '-'}`
}

/** None where they are not there: nothing is taken away then. */
export function decodeMarks(cut = '', list = ''): Marks {
  if (!/^\d{1,15}$/.test(cut)) return noMarks
  const parts = list === '-' ? [] : list.split(',')
  if (!parts.every((part) => /^\d{1,15}:\d{1,15}:\d{1,15}$/.test(part))) return noMarks
  const marks = parts.slice(0, maxMarks).map((part) => {
    const [offset = 0, seq = 0, at = 0] = part.split(':').map(Number)
    return { offset, seq, at }
  })
  return { cut: Number(cut), marks }
}
