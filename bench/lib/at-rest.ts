import { setTimeout } from 'node:timers/promises'
import type { Usage } from './probe.js'

const lookMs = 1000

/** The usage of a server once nothing ends any more: when threads and files stay what they are for a second. */
export async function atRest(server: { usage(): Promise<Usage> }): Promise<Usage> {
  let before = await server.usage()
  for (;;) {
    await setTimeout(lookMs)
    const now = await server.usage()
    if (now.threads === before.threads && now.files === before.files) return now
    before = now
  }
}
