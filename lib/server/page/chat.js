import { byId, element, setBadge } from './dom.js'
import { request } from './peer.js'
import { onTab, selectedTab } from './tabs.js'

const mostLines = 200

/** The chat of `room:lobby`: what a member pushes is broadcast to the others by the server. */
export function createChat(socket, userId) {
  const log = byId('chat-log')
  const text = byId('chat-text')
  const unread = byId('chat-unread')
  const room = socket.channel('room:lobby')
  let missed = 0

  function addLine(user, said, mine) {
    const data = { user, mine }
    log.append(element('li', { data }, element('b', { text: user }), element('span', { text: said })))
    if (log.children.length > mostLines) log.firstElementChild.remove()
    log.scrollTop = log.scrollHeight
  }

  function setMissed(count) {
    missed = count
    unread.textContent = String(count)
    unread.hidden = count === 0
  }

  room.on('message', (payload) => {
    addLine(String(payload?.user ?? 'someone'), String(payload?.text ?? ''), false)
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
    try {
      await request(room, 'message', { user: userId, text: said })
      addLine(userId, said, true)
    } catch (error) {
      addLine('not sent', `${said} (${error.message})`, true)
    }
  })

  const showState = () => setBadge('room', room.state)
  room.onError(showState)
  socket.onOpen(showState)
  room.join().receive('ok', showState).receive('error', showState)

  if (userId === 'bob') byId('chat-other').href = '/?user=alice'
}
