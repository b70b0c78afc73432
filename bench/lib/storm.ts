import { setTimeout } from 'node:timers/promises'
import { enterUser, openUserPeer } from './clients.js'
import { openGeckos } from './geckos-client.js'

/** Somebody who has come as far as they can without a peer. */
export interface Waiting {
  /** Opens the peer; resolves once its DataChannel is open. */
  open(): Promise<{ close(): void }>
  leave(): Promise<void> | void
}

/** Brings one client. */
export type Come = (url: string, userId: string) => Promise<Waiting>

/** Joins the user channel, which the offer will go through. */
export const comeToPhoenix: Come = async (url, userId) => {
  const connection = await enterUser(url, userId)
  return { open: () => openUserPeer(connection, userId), leave: () => connection.close() }
}

/** There is nothing before the offer. */
export const comeToGeckos: Come = async (url, userId) => ({
  open: () => openGeckos(url, userId),
  leave: () => {}
})

/** What came of a storm. */
export interface Stormed {
  readonly opened: { close(): void }[]
  readonly failed: number
  /** Why the first of those failed. */
  readonly problem?: unknown
}

/**
 * Has everybody open a peer, one every `everyMs`, and calls back with the milliseconds that each took.
 * The moments are fixed by the plan and not by the client before, so that a slow machine gets no fewer
 * clients a second.
 */
export async function storm(
  waiting: readonly Waiting[],
  everyMs: number,
  onOpen: (ms: number) => void
): Promise<Stormed> {
  const start = performance.now()
  const opening: Promise<{ close(): void }>[] = []
  for (const [i, one] of waiting.entries()) {
    const wait = start + i * everyMs - performance.now()
    if (wait > 0) await setTimeout(wait)
    const began = performance.now()
    const peer = one.open()
    peer.then(
      () => onOpen(performance.now() - began),
      // Counted below.
      () => {}
    )
    opening.push(peer)
  }
  const settled = await Promise.allSettled(opening)
  const opened = settled.flatMap((peer) => (peer.status === 'fulfilled' ? peer.value : []))
  const first = settled.find((peer) => peer.status === 'rejected')
  return { opened, failed: settled.length - opened.length, problem: first?.reason }
}
