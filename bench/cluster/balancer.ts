import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'

/** Where it passes connections on to; one that is undefined is left out. */
export type Ports = () => readonly (number | undefined)[]

/** Sends each connection to the next node that takes it: no client is bound to a node. */
export async function startBalancer(ports: Ports): Promise<{ url: string; server: Server }> {
  let next = 0
  const server = createServer((client) => {
    client.on('error', () => {})
    const all = ports().filter((port) => port !== undefined)
    const tryNext = (left: number): void => {
      if (left === 0 || client.destroyed) return void client.destroy()
      const node = connect(all[next++ % all.length] as number, '127.0.0.1')
      let isConnected = false
      node.once('connect', () => {
        isConnected = true
        client.pipe(node)
        node.pipe(client)
      })
      node.on('error', () => {
        if (!isConnected) tryNext(left - 1)
        else client.destroy()
      })
      node.once('close', () => isConnected && client.destroy())
      client.once('close', () => node.destroy())
    }
    tryNext(all.length)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
