import { request } from './peer.js'

const timeoutMs = 15_000

/**
 * Calls hooks over the user channel and over the DataChannel.
 *
 * `call` resolves with `{ ok, value, ms }`: the hook's result or the reason it was refused with, and
 * how long the round trip took.
 */
export function createHooks(channel) {
  const waiting = new Map()
  let lastId = 0
  let peer

  function overWebSocket(plugin, fn, args) {
    if (!channel.isJoined()) return Promise.reject(new Error('the channel is not joined'))
    return request(channel, 'call_hook', { plugin, fn, args }).then(({ data }) => data)
  }

  function overDataChannel(plugin, fn, args) {
    if (!peer?.isOpen) return Promise.reject(new Error('the DataChannel is not open'))
    return new Promise((resolve, reject) => {
      const id = ++lastId
      const timer = setTimeout(() => settle({ id, error: 'no reply' }), timeoutMs)
      waiting.set(id, { resolve, reject, timer })
      peer.send(JSON.stringify({ type: 'call_hook', plugin, fn, args, id }))
    })
  }

  function settle({ id, data, error }) {
    const call = waiting.get(id)
    if (!call) return
    waiting.delete(id)
    clearTimeout(call.timer)
    if (error === undefined) call.resolve(data)
    else call.reject(new Error(error))
  }

  return {
    usePeer(made) {
      peer = made
    },

    /** Takes a message of the DataChannel `events`. */
    receive(text) {
      try {
        settle(JSON.parse(text))
      } catch {
        // The log of frames shows it; it answers no call.
      }
    },

    /** Ends the calls that the DataChannel can no longer answer. */
    dataChannelClosed() {
      for (const id of waiting.keys()) settle({ id, error: 'the DataChannel closed' })
    },

    async call(transport, plugin, fn, args) {
      const send = transport === 'datachannel' ? overDataChannel : overWebSocket
      const started = performance.now()
      try {
        const value = await send(plugin, fn, args)
        return { ok: true, value, ms: performance.now() - started }
      } catch (error) {
        return { ok: false, value: error.message, ms: performance.now() - started }
      }
    }
  }
}
