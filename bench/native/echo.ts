/**
 * The server of `npm run bench:native`: node-datachannel by itself, which echoes. `handles` are callbacks that are never
 * called, `port` a UDP port for all peers, or 0 for one each. Offers come over the IPC channel.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { type DataChannel, PeerConnection } from 'node-datachannel'

/** What it is asked, and what it answers. */
export type Order = { offer: string } | { usage: true }
export interface Usage {
  cpuUs: number
  messages: number
  /** Microseconds of CPU time, by the name of the thread. */
  threads: Record<string, number>
}

const [handles, port] = process.argv.slice(2).map(Number) as [number, number]
const nothing = (): void => {}
const config = {
  iceServers: [],
  bindAddress: '127.0.0.1',
  ...(port > 0 && { portRangeBegin: port, portRangeEnd: port, enableIceUdpMux: true })
}
// What nothing refers to is collected, and closed by that.
const kept: (PeerConnection | DataChannel)[] = []
let messages = 0

// Each callback is a handle of the event loop, whether its peer is connected or not; two of these have four.
for (let left = handles; left > 0; left -= 4) {
  const peer = new PeerConnection('handles', { iceServers: [] })
  peer.onStateChange(nothing)
  peer.onLocalDescription(nothing)
  peer.onLocalCandidate(nothing)
  peer.onDataChannel(nothing)
  kept.push(peer)
}

function accept(offer: string): string | undefined {
  const peer = new PeerConnection('echo', config)
  kept.push(peer)
  peer.onStateChange(nothing)
  peer.onDataChannel((channel) => {
    kept.push(channel)
    channel.onClosed(nothing)
    channel.onMessage((message) => {
      messages++
      channel.sendMessage(String(message))
    })
  })
  peer.setRemoteDescription(offer, 'offer')
  return peer.localDescription()?.sdp
}

/** Where the system has no such files there is nothing to tell. */
function threads(): Record<string, number> {
  const used: Record<string, number> = {}
  for (const thread of readdirSync('/proc/self/task')) {
    const name = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()
    const ns = readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]
    used[name] = (used[name] ?? 0) + Number(ns) / 1000
  }
  return used
}

process.on('message', (order: Order) => {
  if ('offer' in order) process.send?.(accept(order.offer))
  else {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuUs: user + system, messages, threads: threads() } satisfies Usage)
  }
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
