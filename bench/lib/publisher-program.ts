import { WebSocketServer } from 'ws'
import { runFloor } from './program.js'

/** What a publisher that is held against ours is told: publish so many messages in one turn; or say what it has used. */
export type Told = { readonly count: number; readonly text: string } | { readonly usage: true }

/** What is published: what a client of Phoenix would get of it. */
export const messageOf = (text: string): string => JSON.stringify(['room:bench', 'said', { text }])

/** The life of a program that publishes what it is told to. */
export function runPublisher(publish: (text: string) => void): Promise<void> {
  return runFloor((address) => {
    const server = new WebSocketServer(address)
    server.on('connection', (client) => {
      client.on('message', (bytes) => {
        const told = JSON.parse(String(bytes)) as Told
        if ('usage' in told) {
          const { user, system } = process.cpuUsage()
          const usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss(), threads: 0, files: 0 }
          return client.send(JSON.stringify(usage))
        }
        for (let i = 0; i < told.count; i++) publish(told.text)
        client.send('{}')
      })
    })
    return server
  })
}
