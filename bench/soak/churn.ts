import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { enterUser, openUserPeer, userTopic } from '../lib/clients.js'

/** What came of the clients that came and went since they were asked before. */
export interface ChurnReport {
  opened: number
  failed: number
}

const atOnce = 5
const call = '{"type":"call_hook","plugin":"demo","fn":"echo","args":[1]}'

/** Comes, opens a peer, perhaps a second one in its place, makes a few calls and goes in one of several ways. */
async function visit(url: string, userId: string): Promise<void> {
  const connection = await enterUser(url, userId)
  try {
    let peer = await openUserPeer(connection, userId)
    if (randomInt(4) === 0) {
      const first = peer
      peer = await openUserPeer(connection, userId)
      first.close()
    }
    for (let i = 0; i < 5; i++) peer.channel.sendMessage(call)
    await setTimeout(randomInt(500))
    const way = randomInt(3)
    const topic = userTopic(userId)
    if (way === 0) await connection.request(topic, 'webrtc:close', '{}')
    if (way === 1) await connection.request(topic, 'phx_leave', '{}')
    peer.close()
  } finally {
    void connection.close()
  }
}

/** Clients who come and go without a pause, until their process is killed or stopped. */
export async function runChurn(url: string): Promise<void> {
  let report: ChurnReport = { opened: 0, failed: 0 }
  let visits = 0
  process.on('message', () => {
    process.send?.(report)
    report = { opened: 0, failed: 0 }
  })
  process.send?.('ready')
  const come = async (): Promise<never> => {
    for (;;) {
      try {
        await visit(url, `churn-${process.pid}-${++visits}`)
        report.opened++
      } catch (error) {
        report.failed++
        process.stderr.write(`churn client: ${error}\n`)
        await setTimeout(100)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, come))
}
