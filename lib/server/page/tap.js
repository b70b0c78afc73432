/**
 * A WebSocket that tells what goes through it. phoenix.js takes it as its `transport` option, so
 * the package itself stays as it is.
 *
 * @param log Called with `{ wire, direction, text }` for each frame and `{ wire, note }` for the rest.
 * @param onConnecting Called when a connection is begun.
 */
export function tappedWebSocket(log, onConnecting) {
  return class TappedWebSocket extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols)
      const wire = 'websocket'
      log({ wire, note: `connects to ${withoutToken(url)}` })
      onConnecting()
      this.addEventListener('open', () => log({ wire, note: 'open' }))
      this.addEventListener('close', ({ code }) => log({ wire, note: `closed with ${code}` }))
      this.addEventListener('message', ({ data }) => log({ wire, direction: 'in', text: shown(data) }))
    }

    send(data) {
      log({ wire: 'websocket', direction: 'out', text: shown(data) })
      super.send(data)
    }
  }
}

/** Tells what goes through a DataChannel, in the same form. */
export function tapDataChannel(dataChannel, log) {
  const wire = 'datachannel'
  const send = dataChannel.send
  dataChannel.send = (data) => {
    log({ wire, direction: 'out', text: shown(data) })
    send.call(dataChannel, data)
  }
  dataChannel.addEventListener('open', () => log({ wire, note: `${dataChannel.label} is open` }))
  dataChannel.addEventListener('close', () => log({ wire, note: `${dataChannel.label} is closed` }))
  dataChannel.addEventListener('message', ({ data }) => log({ wire, direction: 'in', text: shown(data) }))
}

function shown(data) {
  return typeof data === 'string' ? data : `${data.byteLength} bytes`
}

function withoutToken(url) {
  return url.replace(/([?&]token=)[^&]*/, '$1...')
}
