/** What so small a message takes when it is parsed is not worth a look. */
const smallBytes = 1_024

/** Bytes of memory that an object or a list takes, and each thing in it, beside what is in that. */
const overheadBytes = 64
const slotBytes = 16

/**
 * Roughly the memory that a value takes, which a parser has just made of so many bytes: dense JSON takes twenty times
 * its text. 0 for a small one. Nothing but a parser may have touched it: there are no circles in it, and no getters.
 */
export function memoryOf(parsed: unknown, bytes: number): number {
  if (bytes <= smallBytes) return 0
  const rest: unknown[] = [parsed]
  let memory = 0
  while (rest.length > 0) {
    const value = rest.pop()
    if (typeof value === 'string') memory += value.length
    else if (typeof value === 'object' && value !== null) {
      if (ArrayBuffer.isView(value)) memory += value.byteLength
      else {
        const inside = Array.isArray(value) ? value : Object.values(value)
        memory += overheadBytes + slotBytes * inside.length
        for (const each of inside) rest.push(each)
      }
    }
  }
  return memory
}
