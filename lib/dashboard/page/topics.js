import { count } from './format.js'
import { createList } from './list.js'
import { href, route } from './route.js'
import { createSplit } from './split.js'
import { createTopicDetail } from './topic-detail.js'

/** The view of topics: how many hear each, and what is said on one. */
export function createTopics(app) {
  const number = (id, title, about) => ({
    id,
    title,
    about,
    numeric: true,
    sort: true,
    text: (row) => count(row[id])
  })
  const list = createList({
    app,
    topic: 'topics',
    label: 'topics',
    placeholder: 'Part of a topic',
    columns: [
      {
        id: 'topic',
        title: 'Topic',
        sort: true,
        text: ({ topic }) => topic,
        href: ({ topic }) => href({ view: 'topics', item: topic, params: route().params })
      },
      number('members', 'Members', 'Channels that have joined it, on all nodes'),
      number('presences', 'Presences', 'Keys that are tracked on it'),
      {
        id: 'nodes',
        title: 'Nodes',
        about: 'Nodes that have a member of it',
        numeric: true,
        text: ({ nodes }) => count(nodes)
      },
      number('broadcasts', 'Broadcasts', 'Since its first member here came')
    ],
    keyOf: ({ topic }) => topic,
    sort: 'members',
    empty: 'No topic has a member. Each topic that a client joins is listed here, the largest first.'
  })
  const body = createTopicDetail(app)
  const split = createSplit(list, {
    kind: 'Topic',
    ask: (topic) => list.push('show', { topic }),
    body,
    gone: 'Nobody is on this topic any more. What is shown is how it was last.'
  })
  return split
}
