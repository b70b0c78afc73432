import { bytes, count, duration, ms, nodeName, none } from './format.js'

/** Between which candidates it speaks, the long way: `host udp 192.0.2.1:3478 to prflx udp 192.0.2.7:52000`. */
export const pairText = ({ pair }) => (pair === null ? none : `${pair.local} to ${pair.remote}`)

export const droppedOf = ({ dropped }) => Object.values(dropped).reduce((sum, value) => sum + value, 0)

/** The facts of one peer. */
export function peerWords(peer, now) {
  const channels = peer.dataChannels.map(
    ({ label, bufferedAmount }) => `${label} (${bytes(bufferedAmount)} waiting)`
  )
  const drops = Object.entries(peer.dropped).filter(([, value]) => value > 0)
  return [
    ['State', peer.state, peerState(peer)],
    ...(now === undefined ? [] : [['Since', duration(now - peer.since)]]),
    ['Node', nodeName(peer.node)],
    ['Server', peer.pair?.local ?? none],
    ['Client', peer.pair?.remote ?? none],
    ['Round trip', ms(peer.roundTripMs)],
    ['DataChannels', channels.join(', ') || 'none'],
    ['Messages', `${count(peer.messagesIn)} in, ${count(peer.messagesOut)} out`],
    [
      'Dropped',
      drops.map(([why, value]) => `${count(value)} ${why}`).join(', ') || 'none',
      drops.length > 0 ? 'busy' : undefined
    ]
  ]
}

export function peerState({ state }) {
  if (state === 'connected') return 'good'
  return state === 'failed' || state === 'disconnected' ? 'bad' : 'busy'
}
