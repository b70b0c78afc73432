/** Half a surrogate pair, as of a text that was cut within an emoji. */
const half = /\p{Cs}/u

/** Levels that arguments may have: the 1,000 of a frame, less the two around them. */
const levelsOfArgs = 998

/** As {@link isReadable}, of the JSON of arguments. What is short and has no such escape needs no look. */
export function isReadableJson(json: string): boolean {
  return (
    (json.length < 2 * levelsOfArgs && !json.includes('\\ud')) || isReadable(JSON.parse(json), levelsOfArgs)
  )
}

/**
 * Whether servers read a payload, of plain JSON values: they close the socket that half a surrogate pair or too many
 * levels came over.
 *
 * @param levels of arrays and objects that it may have: the 1,000 of a frame, less the one around it
 */
export function isReadable(payload: unknown, levels = 999): boolean {
  if (typeof payload !== 'object' || !payload) return !half.test(`${payload}`)
  // Names and values: only the pairs of them are flattened.
  const parts = Object.entries(payload).flat()
  return levels > 0 && parts.every((part) => isReadable(part, levels - 1))
}
