import type { DataChannel } from 'node-datachannel'
import type { Answered, HookClient } from './closed-loop.js'
import { type OpenPeerOptions, openPeer } from './peer-client.js'
import { PhoenixConnection } from './phoenix-connection.js'

interface HookReply {
  type: string
  id: number
  data?: unknown
}

interface OpenOptions extends OpenPeerOptions {
  /** Another topic to join. */
  topic?: string
}

/** Joins, and opens a peer. */
async function open(
  url: string,
  userId: string,
  { topic, ...peer }: OpenOptions
): Promise<[DataChannel, close: () => void]> {
  const connection = await PhoenixConnection.join(url, userId)
  if (topic !== undefined) await connection.request('phx_join', '{}', topic)
  try {
    const { channel, close } = await openPeer(connection, userId, peer)
    return [
      channel,
      () => {
        close()
        connection.close()
      }
    ]
  } catch (error) {
    connection.close()
    throw error
  }
}

const attempts = 3

/** A client's peer fails now and then on a machine that is busy; that is no part of what is measured. */
export async function openDataChannel(
  url: string,
  userId: string,
  options: OpenOptions = {}
): ReturnType<typeof open> {
  for (let left = attempts - 1; left > 0; left--) {
    try {
      return await open(url, userId, options)
    } catch {
      // Once more, with a peer of its own.
    }
  }
  return open(url, userId, options)
}

/** Calls `demo.echo` over the DataChannel `events` of a user's peer. */
export async function connectDataChannel(
  url: string,
  userId: string,
  value: string,
  options: OpenPeerOptions = {}
): Promise<HookClient> {
  const [channel, close] = await openDataChannel(url, userId, options)
  const head = `{"type":"call_hook","plugin":"demo","fn":"echo","args":[${JSON.stringify(value)}],"id":`
  const calls = new Map<number, Answered>()
  let lastId = 0
  let closed = false
  channel.onMessage((message) => {
    const { type, id, data } = JSON.parse(String(message)) as HookReply
    const answered = calls.get(id)
    calls.delete(id)
    answered?.(type === 'hook_reply' && data === value ? undefined : new Error(`answered: ${message}`))
  })
  channel.onClosed(() => {
    if (closed) return
    for (const answered of calls.values()) answered(new Error(`${userId}: the DataChannel closed`))
  })
  return {
    call(answered) {
      const id = ++lastId
      calls.set(id, answered)
      channel.sendMessage(`${head}${id}}`)
    },
    close() {
      closed = true
      close()
    }
  }
}
