import { createCluster } from './cluster.js'
import { createConnection } from './connection.js'
import { byId, element, setBadge, setNotice } from './dom.js'
import { nodeName, plural } from './format.js'
import { createHooksView } from './hooks-view.js'
import { listenToKeys } from './keyboard.js'
import { setData, setText } from './keyed.js'
import { createOverview } from './overview.js'
import { createPeers } from './peers.js'
import { createProblemList } from './problem-list.js'
import { findProblems } from './problems.js'
import { createRefusals } from './refusals.js'
import { change, hrefOf, onRoute, route } from './route.js'
import { createSamples } from './samples.js'
import { askSession, signIn, signOut } from './session.js'
import { createSockets } from './sockets.js'
import { createTopics } from './topics.js'

/** A view that nobody has looked at for so long costs the server nothing more. */
const unseenMs = 30_000

const makers = {
  overview: createOverview,
  sockets: createSockets,
  topics: createTopics,
  peers: createPeers,
  hooks: createHooksView,
  refusals: createRefusals,
  cluster: createCluster
}

listenToKeys()
byId('sign-out').addEventListener('click', signOut)
if ((await askSession()) === 'out') await signIn()
start()

function start() {
  const { socket, open } = createConnection()
  const samples = createSamples()
  let actions = false
  let nodes = []
  let problems = []
  const app = { samples, open, actions: () => actions }
  const views = Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, make(app)]))
  let shown
  let unseen
  const trouble = createProblemList({ isQuiet: true })
  byId('view').append(trouble.node, ...Object.values(views).map(({ node }) => node))
  for (const { node } of Object.values(views)) node.hidden = true

  function show() {
    const wanted = route()
    const name = wanted.view in views ? wanted.view : 'overview'
    if (shown !== name) {
      if (shown !== undefined) {
        views[shown].hide()
        views[shown].node.hidden = true
        scrollTo(0, 0)
      }
      views[name].node.hidden = false
    }
    shown = name
    views[name].show(wanted)
    for (const link of byId('views').querySelectorAll('a')) {
      link.href = hrefOf(link.dataset.view)
      if (link.dataset.view === name) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    showTrouble()
    showTitle()
    showNodes()
  }

  /** The first view shows all of it. */
  function showTrouble() {
    trouble.update(shown === 'overview' ? [] : problems.filter(({ view }) => view === shown))
  }

  function showTitle() {
    const name = byId('views').querySelector('[aria-current] span').textContent
    const bad = problems.filter(({ level }) => level !== 'info').length
    document.title = `${bad > 0 ? `(${bad}) ` : ''}${name} - fastify-phoenix`
  }

  /** The nodes that can be chosen, in the order of their names. */
  function showNodes() {
    const select = byId('node')
    const names = [...new Set([...samples.nodes(), ...nodes.map(({ node }) => node)])].sort()
    const wanted = route().params.node ?? ''
    if (wanted !== '' && !names.includes(wanted)) names.push(wanted)
    const listed = [...select.options].slice(1).map(({ value }) => value)
    if (listed.join('\n') !== names.join('\n')) {
      const options = names.map((name) => element('option', { value: name, text: nodeName(name) }))
      select.replaceChildren(select.options[0], ...options)
    }
    select.value = wanted
    byId('node-choice').hidden = names.length < 2
    document.body.dataset.nodes = names.length
  }

  function update() {
    problems = findProblems(samples, nodes)
    views.overview.update(problems)
    for (const link of byId('views').querySelectorAll('a')) {
      const own = problems.filter(({ view, level }) => view === link.dataset.view && level !== 'info')
      setData(link, 'level', own[0]?.level)
      setText(link.querySelector('.hidden'), own.length > 0 ? `, ${plural(own.length, 'problem')}` : '')
    }
    showTrouble()
    showTitle()
    showNodes()
  }

  function takeNodes(cluster) {
    nodes = cluster.nodes
    views.cluster.update(nodes)
    update()
  }

  open('overview', {
    joined(overview) {
      actions = overview.actions
      byId('sign-out').hidden = !overview.signsIn
      setBadge('version', overview.version, `Served by ${overview.node}`)
      byId('badge-version').hidden = false
      samples.add(overview.samples)
      update()
    },
    refused: (reason) => setNotice(`The server refuses to show anything: ${reason}`),
    on: {
      sample(taken) {
        samples.add(taken.samples)
        update()
      }
    }
  })
  open('cluster', { joined: takeNodes, on: { nodes: takeNodes } })

  byId('node').addEventListener('change', ({ target }) => {
    change({ params: { node: target.value || undefined, page: undefined } })
  })
  document.addEventListener('visibilitychange', () => {
    clearTimeout(unseen)
    if (document.hidden) {
      unseen = setTimeout(() => {
        views[shown].hide()
        unseen = undefined
      }, unseenMs)
    } else show()
  })
  onRoute(show)
  show()
  socket.connect()
}
