/**
 * Levels of arrays and objects that JSON may have, the same on every version of Node: some run out of
 * stack where they write what is deeper, others write any depth, which other languages cannot read.
 */
export const maxJsonDepth = 1000

/** The shortest text that can be deeper: all brackets, and nothing in them. */
const shortest = 2 * (maxJsonDepth + 1)

/** Characters of a string that are looked at one by one, before a search for its end is quicker. */
const briefly = 24

/** Whether a text of JSON has more than {@link maxJsonDepth} levels. Free for short texts, and else a scan. */
export function isTooDeep(json: string): boolean {
  return json.length >= shortest && scan(json) === 'too deep'
}

/** What a scan of a text's structure, past its strings, finds: the first of these that is there. */
type Finding = 'too deep' | 'an exponent' | undefined

/** Looks for the depth and for a number with an exponent. */
export function scan(json: string): Finding {
  const { length } = json
  let depth = 0
  let hasExponent = false
  for (let i = 0; i < length; i++) {
    const code = json.charCodeAt(i)
    if (code === quote) {
      i = endOfString(json, i)
    } else if (code >= 69) {
      // The brackets differ from the braces in one bit, as letters do from capitals.
      const folded = code | 32
      if (folded === 123) {
        if (++depth > maxJsonDepth) return 'too deep'
      } else if (folded === 125) {
        depth--
      } else if (folded === 101) {
        // Not the end of `true` or `false`.
        hasExponent ||= json.charCodeAt(i - 1) < 65
      }
    }
  }
  return hasExponent ? 'an exponent' : undefined
}

const quote = 34
const backslash = 92

/** Where the string ends that begins at `start`; the end of the text where it does not end. */
function endOfString(json: string, start: number): number {
  let end = start + 1
  for (;;) {
    for (const searched = end + briefly; end < searched; end++) {
      const code = json.charCodeAt(end)
      if (code === quote) return end
      if (code === backslash) end++
    }
    end = json.indexOf('"', end)
    if (end === -1) return json.length
    let first = end
    while (json.charCodeAt(first - 1) === backslash) first--
    // An even number of backslashes before it escapes each other.
    if ((end - first) % 2 === 0) return end
    end++
  }
}
