/** So many may be under way: more would queue in the server, and look like a slow one. */
const atOnceByDefault = 100

/** Runs `task` for each number from 0 to `count` - 1, `atOnce` at a time; the results are in order. */
export async function inParallel<T>(
  count: number,
  task: (n: number) => Promise<T>,
  atOnce = atOnceByDefault
): Promise<T[]> {
  const results = new Array<T>(count)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++
      results[n] = await task(n)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker))
  return results
}
