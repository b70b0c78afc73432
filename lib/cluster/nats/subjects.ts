import { createHash } from 'node:crypto'

/** Longer ones are named by a digest: a line of the protocol has a bound, 4 KiB where the server says nothing else. */
const maxLength = 512

const special = /[^A-Za-z0-9_:@/+=-]/
const allSpecial = new RegExp(special, 'g')

/** Subjects that are remembered at most: what is published often need not be encoded each time. */
const maxKnown = 1000

/** The subjects of channels under a prefix. */
export class Subjects {
  readonly #prefix: string
  readonly #known = new Map<string, string>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  of(channel: string): string {
    const known = this.#known.get(channel)
    if (known !== undefined) return known
    const subject = subjectOf(this.#prefix, channel)
    if (channel.length > maxLength) return subject
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(channel, subject)
    return subject
  }
}

/**
 * The subject of a channel: one token under the prefix. Names are arbitrary text, and dots, blanks and wildcards mean
 * something in subjects: what is not plain is escaped, as `%20` or `%u2028`, so that no two names have one subject.
 */
export function subjectOf(prefix: string, channel: string): string {
  return `${prefix}.${tokenOf(channel)}`
}

/** A subject that is no channel's: a connection finds out with it whether it hears what it publishes. */
export function probeSubject(prefix: string, name: string): string {
  return `${prefix}.%p${name}`
}

function tokenOf(channel: string): string {
  if (channel.length === 0) return '%'
  if (channel.length <= maxLength) {
    const token = special.test(channel) ? channel.replace(allSpecial, escapeUnit) : channel
    if (token.length <= maxLength) return token
  }
  // Not UTF-8, which has one form for all halves of pairs.
  return `%h${createHash('sha256').update(channel, 'utf16le').digest('base64url')}`
}

/** By units of UTF-16, so that a half of a pair, which a client can send as a topic, has a form of its own. */
function escapeUnit(unit: string): string {
  const code = unit.charCodeAt(0).toString(16).toUpperCase()
  return code.length <= 2 ? `%${code.padStart(2, '0')}` : `%u${code.padStart(4, '0')}`
}
