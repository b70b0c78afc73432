const cutMs = 10_000
const tickMs = 250

/** What servers and logs are told; 1000 would keep phoenix.js from connecting again. */
const cutCode = 4000

/** A WebSocket as it is without a network: it fails, once somebody can listen. */
class DeadSocket {
  readyState = WebSocket.CONNECTING
  bufferedAmount = 0
  onopen = () => {}
  onmessage = () => {}
  onerror = () => {}
  onclose = () => {}

  constructor() {
    setTimeout(() => this.close())
  }

  send() {}

  close() {
    if (this.readyState === WebSocket.CLOSED) return
    this.readyState = WebSocket.CLOSED
    this.onerror(new Event('error'))
    this.onclose(new CloseEvent('close', { code: 1006 }))
  }
}

/** The way from this page to the server, which can be cut for ten seconds. */
export function createNetwork() {
  const sockets = new Set()
  const onCut = []
  const onSecond = []
  let endsAt = 0
  let told = 0

  const leftMs = () => Math.max(0, endsAt - performance.now())

  function tick() {
    const left = leftMs()
    if (left > 0) setTimeout(tick, Math.min(tickMs, left))
    const seconds = Math.ceil(left / 1000)
    if (seconds === told) return
    told = seconds
    for (const listener of onSecond) listener(seconds)
  }

  return {
    leftMs,

    /** Closes all connections; nothing connects until the time is up. */
    cut() {
      if (leftMs() > 0) return
      endsAt = performance.now() + cutMs
      for (const socket of sockets) socket.close(cutCode, 'cut')
      for (const listener of onCut) listener()
      tick()
    },

    onCut(listener) {
      onCut.push(listener)
    },

    /** Calls back with each second that is left of a cut, and with 0 once the network is back. */
    onSecond(listener) {
      onSecond.push(listener)
    },

    /** What phoenix.js is to make its connections with. @param log Called with `{ wire, note }` where none can be made. */
    transport(Real, log) {
      return function CuttableSocket(url, protocols) {
        if (leftMs() > 0) {
          log({ wire: 'websocket', note: 'cannot connect: the network is cut' })
          return new DeadSocket()
        }
        const socket = new Real(url, protocols)
        sockets.add(socket)
        socket.addEventListener('close', () => sockets.delete(socket))
        return socket
      }
    }
  }
}
