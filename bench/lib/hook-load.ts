import { closedLoop, type HookClient } from './closed-loop.js'
import { inParallel } from './parallel.js'
import { type Load, payload16, type Subject } from './question.js'

/** So many clients with so many calls in flight each, each with an argument of so many bytes. */
export interface HookSize {
  readonly clients: number
  readonly inFlight: number
  readonly bytes: number
  /** Clients that are connected as well, and call nothing. */
  readonly idle?: number
}

/** Connects one client that calls the hook with this value. */
export type ConnectHookClient = (url: string, userId: string, value: string) => Promise<HookClient>

/** So many may connect at the same time: a server that accepts thousands at once is another question. */
const connectsAtOnce = 50

/** Connects so many clients, a few at a time. */
export function connectHookClients(
  count: number,
  connect: (userId: string) => Promise<HookClient>
): Promise<HookClient[]> {
  return inParallel(count, (n) => connect(`bench${n}`), connectsAtOnce)
}

export async function closeHookClients(clients: readonly HookClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()))
}

/** The value that is sent. */
export function textOf(bytes: number): string {
  return payload16.repeat(Math.ceil(bytes / payload16.length)).slice(0, bytes)
}

/** A closed loop of hook calls. */
export async function closedHookLoad(
  connect: (userId: string) => Promise<HookClient>,
  { clients: count, inFlight, idle = 0 }: Omit<HookSize, 'bytes'>
): Promise<Load> {
  const all = await connectHookClients(count + idle, connect)
  const clients = all.slice(0, count)
  return {
    run: (ms) => closedLoop(clients, inFlight, ms),
    close: () => closeHookClients(all)
  }
}

/** Hook calls with a value of so many bytes, as the load of a subject. */
export function hookLoad(connect: ConnectHookClient): Subject<HookSize>['open'] {
  return (url, size) => closedHookLoad((userId) => connect(url, userId, textOf(size.bytes)), size)
}

/** `50 x 8, 16 B`. */
export function hookCase(clients: number, inFlight: number, bytes: number, kept: object = {}) {
  const size = bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`
  return { name: `${clients} x ${inFlight}, ${size}`, size: { clients, inFlight, bytes }, ...kept }
}
