import { printable } from './printable.js'

const maxLength = 300

/**
 * What was thrown, as one short line for a message; it may be anything, and reading it may throw. Where it
 * came from somebody else, it does not steer the terminal that it is shown on.
 */
export function oneLine(thrown: unknown): string {
  const line = printable(describe(thrown).replace(/\s+/g, ' ').trim())
  if (line.length <= maxLength) return line
  // Half of a pair is no character.
  return `${line.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}...`
}

function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error && thrown.message !== '' ? thrown.message : String(thrown)
  } catch {
    return 'something that cannot be described'
  }
}
