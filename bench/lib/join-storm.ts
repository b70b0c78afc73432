import { closeAll, enterUser } from './clients.js'
import { inParallel } from './parallel.js'
import type { Load, Subject } from './question.js'
import { SocketIoConnection } from './socketio-connection.js'

export interface StormSize {
  readonly clients: number
}

interface Connection {
  close(): Promise<void>
}

/** Connects one client, and joins what each of them has of its own. */
type Enter = (url: string, n: number) => Promise<Connection>

export const enterPhoenix: Enter = (url, n) => enterUser(url, `storm${n}`)

/** A room of its own is what comes closest to a user's channel. */
export const enterSocketIo: Enter = async (url, n) => {
  const connection = await SocketIoConnection.open(url)
  await connection.request('join', `"user:storm${n}"`)
  return connection
}

/** Enough to have the code compiled before the first round, and few enough to leave the heap small. */
const warmUpClients = 500

/**
 * Connects and joins all clients, a hundred at a time; what the server's memory has grown by when they
 * are all there is theirs. Then they go. Its memory is only then a fresh one when the server is, too:
 * one round for each launch.
 */
export function stormLoad(enter: Enter): Subject<StormSize>['open'] {
  return async (url, { clients }, server): Promise<Load> => {
    await closeAll(await inParallel(Math.min(clients, warmUpClients), (n) => enter(url, n)))
    let before: number | undefined
    let connections: Connection[] = []
    return {
      async prepare() {
        before = (await server.usage(true))?.rssBytes
      },
      async run() {
        const start = performance.now()
        connections = await inParallel(clients, (n) => enter(url, n))
        return { operations: clients, seconds: (performance.now() - start) / 1000 }
      },
      async finish() {
        const after = (await server.usage(true))?.rssBytes
        await closeAll(connections)
        if (before === undefined || after === undefined) return {}
        return { kibEach: (after - before) / 1024 / clients }
      },
      close: () => {}
    }
  }
}
