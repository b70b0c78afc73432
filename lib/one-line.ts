const maxLength = 300

/** What was thrown, as one short line for a message; it may be anything, and reading it may throw. */
export function oneLine(thrown: unknown): string {
  const line = describe(thrown).replace(/\s+/g, ' ').trim()
  return line.length > maxLength ? `${line.slice(0, maxLength)}...` : line
}

function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error && thrown.message !== '' ? thrown.message : String(thrown)
  } catch {
    return 'something that cannot be described'
  }
}
