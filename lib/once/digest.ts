import { hash } from 'node:crypto'

/**
 * Says whether two calls are the same: one function with the same arguments, in whatever order their members came and
 * however they were written on the way.
 */
export function digestOf(hookPlugin: string, fn: string, args: readonly unknown[]): string {
  const parts: string[] = []
  write([hookPlugin, fn, args], parts)
  return hash('sha256', parts.join(''), 'base64url')
}

/** Values of JSON, and what messages of protobuf have beside them. Two that differ are written differently. */
function write(value: unknown, parts: string[]): void {
  if (typeof value === 'string') parts.push(JSON.stringify(value))
  else if (typeof value === 'bigint') parts.push(`${value}n`)
  else if (typeof value !== 'object' || value === null) parts.push(String(value))
  else if (value instanceof Uint8Array) parts.push('<', Buffer.from(value).toString('base64'), '>')
  else if (Array.isArray(value)) writeList(value, parts)
  else writeMembers(value as Record<string, unknown>, parts)
}

function writeList(list: readonly unknown[], parts: string[]): void {
  parts.push('[')
  for (const item of list) {
    write(item, parts)
    parts.push(',')
  }
  parts.push(']')
}

/** A member that is undefined is absent, as in JSON. */
function writeMembers(members: Record<string, unknown>, parts: string[]): void {
  parts.push('{')
  for (const name of Object.keys(members).sort()) {
    if (members[name] === undefined) continue
    parts.push(JSON.stringify(name), ':')
    write(members[name], parts)
    parts.push(',')
  }
  parts.push('}')
}
