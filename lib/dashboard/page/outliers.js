/** What one node may stand out by: how much more than the middle one, and from where on anybody cares. */
export const measures = [
  { id: 'cpu', name: 'CPU', of: (sample) => sample.cpu, from: 0.3, times: 2 },
  { id: 'loop', name: 'event loop delay', of: (sample) => sample.loopP99Ms, from: 50, times: 3 },
  { id: 'hooks', name: 'hook p99', of: (sample) => sample.hookP99Ms, from: 50, times: 3 },
  { id: 'memory', name: 'memory', of: (sample) => sample.rssBytes, from: 3e8, times: 2 },
  {
    id: 'sockets',
    name: 'sockets',
    of: (sample) => sample.websockets + sample.longpolls,
    from: 200,
    times: 2
  },
  { id: 'waiting', name: 'bytes waiting', of: (sample) => sample.queuedBytes, from: 1e6, times: 3 },
  { id: 'refused', name: 'refusals', of: (sample) => sample.refused, from: 5, times: 3 }
]

/** Those measures by which a sample stands out among all: a Map of their ids to the middle of the others. */
export function standsOut(sample, all) {
  const found = new Map()
  // One that is not among them is silent: how it was is not how it is.
  if (sample === null || !all.includes(sample) || all.length < 2) return found
  const others = all.filter(({ node }) => node !== sample.node)
  for (const { id, of, from, times } of measures) {
    const own = of(sample)
    const middle = median(others.map(of).filter((value) => value !== null))
    if (own !== null && middle !== undefined && own >= from && own > middle * times) found.set(id, middle)
  }
  return found
}

/** The higher of the two in the middle, where there are two: of three nodes one alone can stand out. */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
