import { element } from './dom.js'
import { clock, json, plural } from './format.js'

const mostRows = 300
const longestSummary = 300
const stayMs = 60_000
const nothingYet = 'Nothing has been said yet. Each broadcast is shown here.'

/** What is broadcast on a topic, as it happens, while somebody wants to know. */
export function createFollow(app) {
  let topic
  let channel
  let isOpen = false
  let isHeard = false
  const log = element('div', {
    className: 'frames',
    hidden: true,
    tabIndex: 0,
    ariaLabel: 'Broadcasts, newest last'
  })
  log.setAttribute('role', 'log')
  const toggle = element('button', { type: 'button', text: 'Follow', ariaPressed: 'false' })
  const clear = element('button', { type: 'button', text: 'Clear', hidden: true })
  const state = element('span', { className: 'hint' })
  const node = element(
    'div',
    { className: 'follow' },
    element('div', { className: 'tools' }, toggle, clear, state),
    log
  )

  const isFollowing = () => toggle.ariaPressed === 'true'

  function add({ messages, leftOut }) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
    log.append(...messages.map(makeRow))
    if (leftOut > 0)
      log.append(element('p', { className: 'frame', text: `${plural(leftOut, 'more')} left out` }))
    while (log.children.length > mostRows) log.firstElementChild.remove()
    if (messages.length > 0) {
      isHeard = true
      state.textContent = ''
    }
    if (atEnd) log.scrollTop = log.scrollHeight
  }

  function start() {
    toggle.ariaPressed = 'true'
    toggle.textContent = 'Stop'
    log.hidden = clear.hidden = false
    isHeard = false
    state.textContent = isOpen ? nothingYet : 'Asking the server for it...'
    open()
  }

  function open() {
    channel ??= app.open(`follow:${topic}`, {
      joined() {
        isOpen = true
        if (isFollowing() && !isHeard) state.textContent = nothingYet
      },
      refused: (reason) => {
        state.textContent = `The server refuses to show it: ${reason}`
      },
      on: { messages: (followed) => isFollowing() && add(followed) }
    })
    return channel
  }

  function stop() {
    channel?.close()
    channel = undefined
    isOpen = false
    toggle.ariaPressed = 'false'
    toggle.textContent = 'Follow'
    state.textContent = ''
  }

  const empty = () => log.replaceChildren()
  toggle.addEventListener('click', () => (isFollowing() ? stop() : start()))
  clear.addEventListener('click', empty)

  return {
    node,

    /** Is about that topic from now on. */
    use(wanted) {
      if (wanted === topic) return
      this.close()
      topic = wanted
    },

    /** Pushes to the topic's channel, which nobody need be following. */
    async push(event, payload) {
      const wasOpen = channel !== undefined
      const used = open()
      try {
        return await used.push(event, payload)
      } finally {
        if (!wasOpen) setTimeout(() => !isFollowing() && used === channel && stop(), stayMs)
      }
    },

    close() {
      stop()
      empty()
      log.hidden = clear.hidden = true
      topic = undefined
    }
  }
}

function makeRow({ at, event, payload, cut }) {
  const text = json(payload)
  const summary = element(
    'summary',
    {},
    element('time', { text: clock(at) }),
    element('b', { text: event }),
    element('span', { className: 'body', text: text.slice(0, longestSummary) + (cut ? ' …' : '') })
  )
  const row = element('details', { className: 'frame' }, summary)
  const whole = () => element('pre', { text: `${pretty(payload)}${cut ? '\n… the rest was left out' : ''}` })
  row.addEventListener('toggle', () => row.append(whole()), { once: true })
  return row
}

/** Text that is the head of JSON is shown as it is. */
function pretty(payload) {
  return typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2)
}
