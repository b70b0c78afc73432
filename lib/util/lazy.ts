/**
 * What is loaded or made when it is first asked for, and kept: a server that never asks does without it. Where that
 * throws or rejects, it is tried again the next time.
 *
 *     const ajv = lazy(() => createRequire(import.meta.url)('ajv'))
 */
export function lazy<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined
  return () => {
    if (loaded === undefined) {
      const made = { value: load() }
      loaded = made
      // Handled here, too: whoever only has it loaded ahead waits for nothing.
      if (made.value instanceof Promise) {
        made.value.catch(() => {
          if (loaded === made) loaded = undefined
        })
      }
    }
    return loaded.value
  }
}
