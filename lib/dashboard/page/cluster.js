import { element } from './dom.js'
import { bytes, clock, cores, count, duration, ms, none } from './format.js'
import { measures, standsOut } from './outliers.js'
import { hrefOf } from './route.js'
import { createTable } from './table.js'

const slowMs = 500

/** The view of the cluster: how each node is, and which one stands out. */
export function createCluster(app) {
  /** The samples of the nodes that answer, to compare with. */
  let samples = []
  let rows = []
  const table = createTable({
    label: 'Nodes',
    columns: columns(app, () => samples),
    keyOf: ({ node }) => node,
    rowState: (node) => (nodeState(node) === 'bad' ? 'bad' : undefined),
    onSort() {}
  })
  const alone = element('p', {
    className: 'hint',
    text: 'This server is no cluster. With an engine (Redis, NATS, workers) its other nodes are shown beside it.'
  })
  const legend = element('p', {
    className: 'hint',
    text: 'What is marked is far from what the other nodes have.'
  })

  return {
    node: element(
      'section',
      { className: 'panel' },
      element('div', { className: 'head' }, element('h2', { text: 'Nodes' })),
      element('div', { className: 'table nodes' }, table.node),
      alone,
      legend
    ),
    /** The rows come to the page all the time, as its problems need them. */
    update(nodes) {
      rows = nodes
      const answering = rows.filter(({ silentSince }) => silentSince === null)
      samples = answering.map(({ sample }) => sample).filter((sample) => sample !== null)
      table.update([...rows].sort(worstFirst))
      alone.hidden = rows.length !== 1
      legend.hidden = rows.length < 2
    },
    show() {},
    hide() {}
  }
}

/** What a state is called where its name alone says too little. */
const stateNames = { alone: 'no cluster', down: 'no engine', no_dashboard: 'no dashboard' }

const order = (node) => [undefined, 'busy', 'bad'].indexOf(nodeState(node))
const worstFirst = (a, b) => order(b) - order(a) || a.node.localeCompare(b.node)

function nodeState({ state }) {
  if (state === 'up' || state === 'alone') return undefined
  return state === 'draining' || state === 'no_dashboard' ? 'busy' : 'bad'
}

function columns(app, samples) {
  const measure = (id, title, text) => {
    const { of } = measures.find((each) => each.id === id)
    return {
      id,
      title,
      numeric: true,
      text: ({ sample }) => (sample === null ? none : text(of(sample))),
      state: ({ sample }) => (standsOut(sample, samples()).has(id) ? 'busy' : undefined),
      hint: ({ sample, silentSince }) => {
        if (silentSince !== null) return 'When it answered last'
        const middle = standsOut(sample, samples()).get(id)
        return middle === undefined ? '' : `Others have ${text(middle)}`
      }
    }
  }
  return [
    {
      id: 'node',
      title: 'Node',
      text: ({ node }) => node,
      href: ({ node }) => hrefOf('overview', undefined, { node }),
      hint: ({ host, pid, version, nodeVersion }) =>
        `${host}, process ${pid}, ${versionText(version, nodeVersion)}`
    },
    {
      id: 'state',
      title: 'State',
      text: ({ state, silentSince }) =>
        silentSince === null || state !== 'silent'
          ? (stateNames[state] ?? state)
          : `silent for ${duration(app.samples.now() - silentSince)}`,
      state: (node) => nodeState(node) ?? 'good'
    },
    {
      id: 'lag',
      title: 'Answers in',
      about: 'How long its last answer took',
      numeric: true,
      text: ({ lagMs }) => ms(lagMs),
      state: ({ lagMs }) => (lagMs > slowMs ? 'bad' : lagMs > slowMs / 5 ? 'busy' : undefined)
    },
    measure('sockets', 'Sockets', count),
    measure('cpu', 'CPU', cores),
    measure('loop', 'Loop p99', ms),
    measure('hooks', 'Hook p99', ms),
    measure('memory', 'Memory', bytes),
    measure('waiting', 'Waiting', bytes),
    measure('refused', 'Refused/s', count),
    {
      id: 'since',
      title: 'Up for',
      numeric: true,
      text: ({ since }) => duration(app.samples.now() - since),
      hint: ({ since }) => `since ${clock(since)}`
    },
    { id: 'where', title: 'Host', text: ({ host, pid }) => `${host}, ${pid}` },
    {
      id: 'version',
      title: 'Version',
      text: ({ version, nodeVersion }) => versionText(version, nodeVersion)
    }
  ]
}

const versionText = (version, nodeVersion) => `${version}, Node ${nodeVersion.replace(/^v/, '')}`
