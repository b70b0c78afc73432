import { createCut } from './cut.js'
import { byId, element, setBadge } from './dom.js'
import { request } from './peer.js'
import { recoverable } from './recoverable.js'
import { onTab, selectedTab } from './tabs.js'

const mostLines = 200

/** For so long what is said may wait for the network. */
const waitMs = 30_000

/** The chat of `room:lobby`: what a member pushes is broadcast to the others by the server. */
export function createChat(socket, userId, network) {
  const log = byId('chat-log')
  const text = byId('chat-text')
  const unread = byId('chat-unread')
  const room = recoverable(socket, 'room:lobby')
  const cut = createCut(network)
  let missed = 0
  let hasJoined = false
  /** Offset of the last message that was missed at the last join. */
  let recoveredTo = 0

  function addLine(line) {
    log.append(line)
    if (log.children.length > mostLines) log.firstElementChild.remove()
    log.scrollTop = log.scrollHeight
    return line
  }

  function lineOf(user, said, data) {
    const name = element('b', { text: user })
    if (data.recovered) name.append(' ', element('i', { text: 'recovered' }))
    return element('li', { data: { user, ...data } }, name, element('span', { text: said }))
  }

  function setMissed(count) {
    missed = count
    unread.textContent = String(count)
    unread.hidden = count === 0
  }

  room.on('message', (payload, ref) => {
    const recovered = Number(String(ref).replace('@', '')) <= recoveredTo
    const [user, said] = [String(payload?.user ?? 'someone'), String(payload?.text ?? '')]
    addLine(lineOf(user, said, { mine: false, recovered }))
    if (selectedTab() !== 'tab-chat') setMissed(missed + 1)
  })
  onTab((tab) => {
    if (tab !== 'tab-chat') return
    setMissed(0)
    log.scrollTop = log.scrollHeight
    text.focus()
  })

  byId('chat').addEventListener('submit', async (event) => {
    event.preventDefault()
    const said = text.value
    text.value = ''
    const line = addLine(lineOf(userId, said, { mine: true, waits: true }))
    try {
      await request(room, 'message', { user: userId, text: said }, waitMs)
      line.dataset.waits = 'false'
      // What was missed has come in between.
      addLine(line)
    } catch (error) {
      line.replaceWith(lineOf('not sent', `${said} (${error.message})`, { mine: true }))
    }
  })

  const showState = () => setBadge('room', room.state)

  function joined({ phx_recover: recover }) {
    showState()
    cut.joined(recover)
    recoveredTo = recover?.recovered ? recover.offset + recover.count : 0
    if (hasJoined && !recover?.recovered) {
      addLine(element('li', { text: 'messages may be missing here', data: { gap: true } }))
    }
    hasJoined = true
  }

  room.onError(showState)
  socket.onOpen(showState)
  room.join().receive('ok', joined).receive('error', showState)

  if (userId === 'bob') byId('chat-other').href = '/?user=alice'
}
