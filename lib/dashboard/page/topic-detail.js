import { createBroadcast } from './broadcast.js'
import { createFacts } from './detail.js'
import { element } from './dom.js'
import { createFollow } from './follow.js'
import { count, json, none } from './format.js'
import { socketColumns } from './socket-rows.js'
import { createTable } from './table.js'

const shownColumns = ['id', 'address', 'queuedBytes']

/** One topic: what is said on it, who is there. */
export function createTopicDetail(app) {
  const facts = createFacts()
  const follow = createFollow(app)
  const broadcast = createBroadcast((event, payload) => follow.push('broadcast', { event, payload }))
  const presences = createTable({
    label: 'Presences',
    keyOf: ({ key }) => key,
    onSort() {},
    columns: [
      { id: 'key', title: 'Key', text: ({ key }) => key },
      { id: 'metas', title: 'Metas', numeric: true, text: ({ metas }) => count(metas) },
      { id: 'meta', title: 'The first', wide: true, text: ({ meta }) => json(meta) }
    ]
  })
  const members = createTable({
    label: 'Members',
    keyOf: ({ ref }) => ref,
    onSort() {},
    columns: socketColumns(app.samples.now)
      .filter(({ id }) => shownColumns.includes(id))
      .map((column) => ({ ...column, sort: false }))
  })
  const presencesTitle = element('h3')
  const membersTitle = element('h3')
  const node = element(
    'div',
    {},
    facts.node,
    follow.node,
    broadcast.node,
    presencesTitle,
    presences.node,
    membersTitle,
    members.node
  )

  return {
    node,
    update(topic) {
      follow.use(topic.topic)
      facts.update([
        ['Members', count(topic.members)],
        ['Nodes', count(topic.nodes)],
        ['Presences', count(topic.presences)],
        ['Broadcasts', count(topic.broadcasts)],
        ['History', topic.position === null ? 'keeps none' : `at ${topic.position}`]
      ])
      presences.update(topic.presences100)
      presences.node.hidden = topic.presences100.length === 0
      presencesTitle.textContent = titleOf('Presences', topic.presences100, topic.presences)
      members.update(topic.members100)
      members.node.hidden = topic.members100.length === 0
      membersTitle.textContent = titleOf('Members', topic.members100, topic.members)
      broadcast.node.hidden = !app.actions()
    },
    close: () => follow.close()
  }
}

function titleOf(name, shown, all) {
  if (all === 0) return `${name}: ${none}`
  return shown.length < all ? `${name}, ${count(shown.length)} of ${count(all)}` : name
}
