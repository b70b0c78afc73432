import { closeAll, enter, keepAlive } from './clients.js'
import { inParallel } from './parallel.js'
import { SocketIoConnection } from './socketio-connection.js'

/** A room whose members hear all that one of them shouts. */
export interface Room {
  /** Has a payload sent to all members, the sender included; JSON text. */
  shout(payload: string): void
  /** What each member does with the payload of a shout that it hears. */
  read(onPayload: (payload: unknown) => void): void
  /** From now on members read nothing; what each does with the size of whatever it hears. */
  hear(onBytes: (bytes: number) => void): void
  /** So large is the message in which members hear a payload, JSON text. */
  bytesOf(payload: string): number
  close(): Promise<void>
}

/** Fills a room with so many members; the first of them does the shouting. */
export type OpenRoom = (url: string, members: number) => Promise<Room>

export const topic = 'room:bench'

/** Members of a Phoenix channel; a floor answers joins alike. */
export const openPhoenixRoom: OpenRoom = async (url, count) => {
  const members = await inParallel(count, (n) => enter(url, `member${n}`, topic))
  const release = keepAlive(members)
  return {
    shout: (payload) => members[0]?.push(topic, 'shout', payload),
    read: (onPayload) => {
      for (const member of members) member.on('shout', onPayload)
    },
    hear: (onBytes) => {
      for (const member of members) member.countBytes(onBytes)
    },
    bytesOf: (payload) => Buffer.byteLength(`[null,null,"${topic}","shout",${payload}]`),
    close: () => {
      release()
      return closeAll(members)
    }
  }
}

/** Members of a Socket.IO room. */
export const openSocketIoRoom: OpenRoom = async (url, count) => {
  const members = await inParallel(count, async () => {
    const member = await SocketIoConnection.open(url)
    await member.request('join', '"room"')
    return member
  })
  return {
    shout: (payload) => members[0]?.emit('shout', payload),
    read: (onPayload) => {
      for (const member of members)
        member.onEvents(([name, payload]) => name === 'shout' && onPayload(payload))
    },
    hear: (onBytes) => {
      for (const member of members) member.countBytes(onBytes)
    },
    bytesOf: (payload) => Buffer.byteLength(`42["shout",${payload}]`),
    close: () => closeAll(members)
  }
}
