import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocketServer } from 'ws'
import type { Frame } from '../../bench/lib/frames.js'
import { presenceLoad } from '../../bench/lib/presence-load.js'

type Told = { state: object; diff: (join: number) => object }

/** A server of one room, which tells whatever it is given to tell. */
async function serve(t: Test, { state, diff }: Told): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  let joins = 0
  server.on('connection', (client) => {
    client.on('message', (bytes) => {
      const [joinRef, ref, topic, event, { track = true }] = JSON.parse(String(bytes)) as Frame<{
        track?: boolean
      }>
      const push = (name: string, payload: object) => JSON.stringify([null, null, topic, name, payload])
      client.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]))
      if (event !== 'phx_join' || !track) return
      client.send(push('presence_state', state))
      const told = push('presence_diff', diff(joins++))
      const tell = (): void => {
        for (const other of server.clients) if (other !== client) other.send(told)
      }
      tell()
      client.once('close', tell)
    })
  })
  await once(server, 'listening')
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const size = { members: 2, rooms: 1, joins: 1 }
const whole = { joiner000000: {}, present0: {}, present1: {} }
const diff = { joins: { joiner000000: {} }, leaves: {} }

t.test('a join counts when the list is whole and all members are told of it', async (t) => {
  const load = await presenceLoad(await serve(t, { state: whole, diff: () => diff }), size)
  await load.prepare?.()
  t.match(await load.run(1), { operations: 1 })
  await load.finish?.()
  await load.close()
})

t.test('a list that lacks somebody fails the load', async (t) => {
  const url = await serve(t, { state: { joiner000000: {} }, diff: () => diff })
  await t.rejects(presenceLoad(url, size), {
    message: 'the list of a joiner has 1 and not all who are present'
  })
})

t.test('a message of another size is no diff, and fails the load', async (t) => {
  const url = await serve(t, { state: whole, diff: (join) => (join === 0 ? diff : {}) })
  const load = await presenceLoad(url, size)
  await load.prepare?.()
  await t.rejects(load.run(1), { message: /^a member was told \d+ bytes of a join and not \d+$/ })
  await load.close()
})
