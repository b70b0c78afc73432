/** What a kind is called where it is one of many. */
export const titles = {
  origin: 'Wrong origin',
  subprotocol: 'Wrong sub-protocol',
  version: 'Unknown protocol version',
  connect: 'Refused by connect',
  token: 'Token is not good',
  expired: 'Token is over',
  expiresAt: 'expiresAt in the past',
  socketsPerUser: 'Too many sockets of a user',
  sessions: 'Too many long-poll sessions',
  connectRate: 'Connects too often',
  unmatchedTopic: 'No such topic',
  channels: 'Too many channels of a socket',
  joinRate: 'Joins too often',
  eventRate: 'Pushes too often',
  duplicateJoin: 'Joined anew',
  recoverParam: 'Malformed phx_recover',
  history: 'History out of reach',
  callKeys: 'Too many calls that run once',
  postBytes: 'Too many bytes of long-poll POSTs',
  accessToken: 'Fresh token is not good',
  otherUser: 'User channel of somebody else',
  peerRate: 'Peers do it too often',
  peer: 'Peer did not open',
  slowClient: 'Slow client cut off',
  mailboxFull: 'Too much waits for a handler'
}

export const titleOf = (kind) => titles[kind] ?? kind

/** Details that no two refusals share tell nothing of the whole. */
const leastShare = 0.2
const mostNamed = 3

/** Refusals by kind, the most frequent first: `{ kind, words, refusals, usual }`. */
export function groupByKind(refusals) {
  const groups = new Map()
  for (const refusal of refusals) {
    if (!groups.has(refusal.kind)) groups.set(refusal.kind, [])
    groups.get(refusal.kind).push(refusal)
  }
  return [...groups]
    .map(([kind, own]) => ({ kind, words: own[0].words, refusals: own, usual: usualOf(own) }))
    .sort((a, b) => b.refusals.length - a.refusals.length)
}

/** What most of them have in common: `{ name, value, count }`, the most frequent first. */
function usualOf(refusals) {
  const counts = new Map()
  for (const { details } of refusals) {
    for (const [name, value] of Object.entries(details)) {
      const key = `${name}\n${value}`
      const counted = counts.get(key) ?? { name, value: String(value), count: 0 }
      counted.count++
      counts.set(key, counted)
    }
  }
  return [...counts.values()]
    .filter(({ count }) => count > 1 && count >= refusals.length * leastShare)
    .sort((a, b) => b.count - a.count)
    .slice(0, mostNamed)
}
