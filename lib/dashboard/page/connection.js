import { byId, setBadge, setNotice } from './dom.js'
import { clock } from './format.js'
import { Socket } from './phoenix.mjs'
import { askSession, signIn } from './session.js'

const reconnectAfterMs = [50, 100, 250, 500, 1000]
const timeoutMs = 10_000

/** The socket of this page. It says when it is lost, and asks for a token when that is why. */
export function createConnection() {
  let lostAt
  const socket = new Socket(new URL('socket', document.baseURI).pathname, {
    timeout: timeoutMs,
    reconnectAfterMs: (tries) => reconnectAfterMs[tries - 1] ?? 2000,
    rejoinAfterMs: (tries) => reconnectAfterMs[tries - 1] ?? 2000
  })

  socket.onOpen(() => {
    lostAt = undefined
    setBadge('connection', 'live')
    document.body.dataset.connection = 'live'
    setNotice()
  })
  socket.onClose(async () => {
    lostAt ??= Date.now()
    setBadge('connection', 'lost')
    document.body.dataset.connection = 'lost'
    setNotice(`The connection to the server is lost. What is shown is from ${clock(lostAt)}. Trying again...`)
    // A browser does not tell a page why a WebSocket was refused.
    if ((await askSession()) !== 'out' || !byId('sign-in').hidden) return
    socket.disconnect()
    await signIn()
    socket.connect()
  })

  return { socket, open: (topic, options) => openChannel(socket, topic, options) }
}

/**
 * Joins a topic, again after each reconnect, until it is closed.
 *
 * @param params Of the join, made anew for each.
 * @param joined Called with what each join is answered with.
 * @param refused Called with why there is none.
 * @param on Listeners by event.
 */
function openChannel(socket, topic, { params = () => ({}), joined, refused = () => {}, on = {} }) {
  let isOpen = true
  const whileOpen = (listener) => (payload) => isOpen && listener(payload)
  const channel = socket.channel(topic, params)
  for (const [event, listener] of Object.entries(on)) channel.on(event, whileOpen(listener))
  channel
    .join()
    .receive('ok', whileOpen(joined))
    .receive(
      'error',
      whileOpen(({ reason, message }) => refused(message ?? reason ?? 'refused'))
    )

  return {
    /** Resolves with the reply; rejects with why there is none. */
    push(event, payload = {}) {
      return new Promise((resolve, reject) => {
        channel
          .push(event, payload)
          .receive('ok', resolve)
          .receive('error', ({ reason, message }) =>
            reject(Object.assign(new Error(message ?? reason), { reason }))
          )
          .receive('timeout', () => reject(new Error('no answer')))
      })
    },
    close() {
      isOpen = false
      channel.leave()
    }
  }
}
