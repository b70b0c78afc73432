import { createList } from './list.js'
import { createSocketDetail } from './socket-detail.js'
import { socketColumns } from './socket-rows.js'
import { createSplit } from './split.js'

/** The view of sockets: who is there, who is slow. */
export function createSockets(app) {
  const list = createList({
    app,
    topic: 'sockets',
    label: 'sockets',
    placeholder: 'User, address, topic or id',
    columns: socketColumns(app.samples.now),
    keyOf: ({ ref }) => ref,
    sort: 'queuedBytes',
    empty: 'No client is connected. Each socket is listed here, the one that reads slowest first.'
  })
  const body = createSocketDetail(app, {
    onName: (name) => split.setTitle(name),
    disconnect: (ref) => list.push('disconnect', { ref })
  })
  const split = createSplit(list, {
    kind: 'Socket',
    ask: (ref) => list.push('show', { ref }),
    body,
    gone: 'This socket is closed. What is shown is how it was last.'
  })
  return split
}
