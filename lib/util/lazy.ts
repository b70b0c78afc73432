/**
 * What is loaded or made when it is first asked for, and kept: a server that never asks does without it. Where that
 * throws, it is tried again the next time.
 *
 *     const ajv = lazy(() => createRequire(import.meta.url)('ajv'))
 */
export function lazy<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined
  return () => {
    loaded ??= { value: load() }
    return loaded.value
  }
}
