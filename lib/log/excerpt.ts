const longest = 200

/** The beginning of what a client sent, for a log: it chooses how long it is. */
export function excerpt(value: unknown): string {
  const text = String(value)
  return text.length > longest ? `${text.slice(0, longest)}...` : text
}
