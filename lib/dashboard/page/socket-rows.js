import { bytes, clock, count, duration, nodeName, rate, transportName } from './format.js'
import { href, hrefOf, route } from './route.js'

/** From here on a queue is worth a look, and from here on it is bad. */
const busyBytes = 64_000
const badBytes = 1_000_000

export const queueState = (waiting) =>
  waiting >= badBytes ? 'bad' : waiting >= busyBytes ? 'busy' : undefined

/** What a socket is called: what `id` named it, or that it has no name. */
export const socketName = ({ id }) => id ?? 'anonymous'

/** The columns of sockets, for lists of them; `now` is the time at the server. */
export function socketColumns(now) {
  return [
    {
      id: 'id',
      title: 'Socket',
      sort: true,
      text: socketName,
      href: ({ ref }) => itemHref(ref),
      hint: ({ ref }) => ref
    },
    { id: 'address', title: 'Address', sort: true, text: ({ address }) => address },
    {
      id: 'transport',
      title: 'Over',
      text: ({ transport, hasPeer }) => transportName(transport) + (hasPeer ? ' + peer' : '')
    },
    { id: 'node', title: 'Node', text: ({ node }) => nodeName(node), hint: ({ node }) => node },
    {
      id: 'since',
      title: 'Open',
      numeric: true,
      sort: true,
      // The newest comes first.
      rising: true,
      text: ({ since }) => duration(now() - since),
      hint: ({ since }) => `since ${clock(since)}`
    },
    { id: 'channels', title: 'Channels', numeric: true, sort: true, text: ({ channels }) => count(channels) },
    {
      id: 'queuedBytes',
      title: 'Waiting',
      about: 'Bytes that its client has not read yet',
      numeric: true,
      sort: true,
      text: ({ queuedBytes }) => bytes(queuedBytes),
      state: ({ queuedBytes }) => queueState(queuedBytes)
    },
    { id: 'inPerSecond', title: 'In/s', numeric: true, sort: true, text: (row) => rate(row.inPerSecond) },
    { id: 'outPerSecond', title: 'Out/s', numeric: true, sort: true, text: (row) => rate(row.outPerSecond) }
  ]
}

/** A socket is shown in the view of sockets, in the list that one comes from there. */
function itemHref(ref) {
  const { view, params } = route()
  return view === 'sockets' ? href({ view, item: ref, params }) : hrefOf('sockets', ref)
}
