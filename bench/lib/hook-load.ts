import { closedLoop, type HookClient } from './closed-loop.js'
import { collect } from './measure.js'
import { type Load, payload16, type Subject } from './question.js'

/** So many clients with so many calls in flight each, each with an argument of so many bytes. */
export interface HookSize {
  readonly clients: number
  readonly inFlight: number
  readonly bytes: number
}

/** Connects one client that calls the hook with this value. */
export type ConnectHookClient = (url: string, userId: string, value: string) => Promise<HookClient>

/** So many may connect at the same time: a server that accepts thousands at once is another question. */
const connectsAtOnce = 50

/** Connects the clients of a closed loop. */
export async function connectHookClients(
  connect: ConnectHookClient,
  url: string,
  { clients: count, bytes }: Omit<HookSize, 'inFlight'>
): Promise<HookClient[]> {
  const clients: HookClient[] = []
  const value = payload16.repeat(Math.ceil(bytes / payload16.length)).slice(0, bytes)
  for (let first = 0; first < count; first += connectsAtOnce) {
    const some = Array.from(
      { length: Math.min(connectsAtOnce, count - first) },
      (_, i) => `bench${first + i}`
    )
    await collect(
      clients,
      some.map((userId) => connect(url, userId, value))
    )
  }
  return clients
}

/** A closed loop of hook calls, as the load of a subject. */
export function hookLoad(connect: ConnectHookClient): Subject<HookSize>['open'] {
  return async (url, size): Promise<Load> => {
    const clients = await connectHookClients(connect, url, size)
    return {
      run: (ms) => closedLoop(clients, size.inFlight, ms),
      close: () => {
        for (const client of clients) client.close()
      }
    }
  }
}

/** `50 x 8, 16 B`. */
export function hookCase(clients: number, inFlight: number, bytes: number, kept: object = {}) {
  const size = bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`
  return { name: `${clients} x ${inFlight}, ${size}`, size: { clients, inFlight, bytes }, ...kept }
}
