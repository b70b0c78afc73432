const keepMs = 10 * 60_000
/** A node whose newest sample is older has no say in a sum any more. */
const staleMs = 5000
const minuteMs = 60_000
/** No longer apart are the samples of one node, unless it was silent in between. */
const thinnedMs = 15_000

/** What the nodes said of themselves in the last ten minutes. */
export function createSamples() {
  /** By node, the oldest first. */
  const kept = new Map()
  /** How far this browser's clock is ahead of the server's. */
  let ahead = 0

  function add(samples) {
    for (const sample of samples) {
      const own = kept.get(sample.node) ?? []
      kept.set(sample.node, own)
      if (own.length > 0 && sample.at <= own.at(-1).at) continue
      own.push(sample)
    }
    const newest = Math.max(...samples.map(({ at }) => at))
    if (samples.length > 0) ahead = Date.now() - newest
    for (const [node, own] of kept) {
      const old = own.findIndex(({ at }) => at > now() - keepMs)
      own.splice(0, old === -1 ? own.length : old)
      if (own.length === 0) kept.delete(node)
    }
  }

  /** The time at the server, by what came last. */
  const now = () => Date.now() - ahead

  const latest = (node) => kept.get(node)?.at(-1)
  const isFresh = (sample) => sample !== undefined && now() - sample.at < staleMs

  return {
    /** What came anew; what is known already, as after a reconnect, is left out. */
    add,
    now,
    latest,
    nodes: () => [...kept.keys()].sort(),

    /** The newest sample of each node that has one, of one node alone if it is named. */
    current(node) {
      const wanted = node === undefined ? [...kept.keys()] : [node]
      return wanted.map(latest).filter(isFresh)
    },

    /** What one node said in the last so many milliseconds. */
    since(milliseconds, node) {
      return (kept.get(node) ?? []).filter(({ at }) => at > now() - milliseconds)
    },

    /** What nodes had in the last minute, together. */
    lastMinute(of, node) {
      const since = now() - minuteMs
      let sum = 0
      for (const [name, own] of kept) {
        if (node !== undefined && node !== name) continue
        for (let index = own.length - 1; index >= 0 && own[index].at > since; index--) sum += of(own[index])
      }
      return sum
    },

    /**
     * The samples second by second: `times` in Unix seconds, and by node what it had then, undefined where that
     * is not known. Nodes do not take theirs at the same moment, so that each counts until its next.
     */
    timeline(nodes = [...kept.keys()].sort()) {
      const last = Math.floor(now() / 1000)
      const known = nodes.map((node) => kept.get(node) ?? [])
      const first = Math.min(...known.map((own) => own[0]?.at ?? Number.POSITIVE_INFINITY)) / 1000
      const begin = Math.max(last - keepMs / 1000, Math.ceil(Math.min(first, last)))
      const times = Array.from({ length: last - begin + 1 }, (_, index) => begin + index)
      const rows = known.map((own) => {
        let index = 0
        return times.map((second) => {
          while (own[index + 1] !== undefined && own[index + 1].at <= second * 1000) index++
          const sample = own[index]
          if (sample === undefined || sample.at > second * 1000) return undefined
          // Of many nodes, the server sends those from before this page was open at some seconds alone.
          const next = own[index + 1]?.at ?? sample.at + staleMs
          const end = next - sample.at < thinnedMs ? Math.max(next, sample.at + staleMs) : sample.at + staleMs
          return second * 1000 < end ? sample : undefined
        })
      })
      return { times, rows: new Map(nodes.map((node, index) => [node, rows[index]])) }
    }
  }
}

/** One value of several nodes: their sum, or the largest where a sum says nothing. Null where nobody knows. */
export function together(samples, of, join) {
  let result = null
  for (const sample of samples) {
    const value = sample === undefined ? null : of(sample)
    if (value === null || value === undefined) continue
    result = result === null ? value : join === 'max' ? Math.max(result, value) : result + value
  }
  return result
}
