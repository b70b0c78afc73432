/**
 * The least that a hook call over a DataChannel can cost: node-datachannel by itself, which parses the
 * message, takes the first argument out of it and answers with a reply of the same shape as ours.
 * The signalling is over a bare `ws`.
 */
import type { DataChannel } from 'node-datachannel'
import { WebSocketServer } from 'ws'
import { acceptPeer } from '../lib/floor-peer.js'
import type { HookCallPayload } from '../lib/frames.js'
import { runFloor } from '../lib/program.js'

function answer(channel: DataChannel): void {
  channel.onMessage((message) => {
    const call = JSON.parse(String(message)) as HookCallPayload & { id: number }
    const { plugin, fn, args, id } = call
    channel.sendMessage(JSON.stringify({ type: 'hook_reply', plugin, fn, data: args[0], id }))
  })
}

await runFloor((address) => {
  const server = new WebSocketServer(address)
  server.on('connection', (client) => acceptPeer(client, answer))
  return server
})
