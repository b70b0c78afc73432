import { fork } from 'node:child_process'
import { once } from 'node:events'
import { programUrl } from './question.js'

/** Connects so many users with peers that do nothing. Resolves, once they are there, with what ends them. */
export async function keepIdlePeers(url: string, count: number): Promise<() => Promise<void>> {
  const child = fork(programUrl('idle-peers'), [url, String(count)])
  const exited = once(child, 'exit')
  const [connected] = await Promise.race([once(child, 'message'), exited.then(() => [undefined])])
  if (connected !== count) throw new Error(`there are no ${count} idle peers`)
  return async () => {
    child.disconnect()
    await exited
  }
}
