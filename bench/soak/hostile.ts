import { setTimeout } from 'node:timers/promises'
import { attacks, pick } from './attacks.js'

/** Clients who send what no client should, until their process is killed. */
export async function runHostile(url: string): Promise<void> {
  process.on('message', () => process.send?.('still here'))
  process.send?.('ready')
  for (let i = 0; ; i++) {
    // Being refused or cut off is what is to be expected.
    await pick(attacks)(url, `hostile-${process.pid}-${i % 50}`).catch(() => {})
    await setTimeout(20)
  }
}
