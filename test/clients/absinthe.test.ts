import * as absinthe from '@absinthe/socket'
import t, { type Test } from 'tap'
import { type Channel, defineChannel } from '../../plugins/phoenix.js'
import { connectPhoenix } from '../fixtures/phoenix-client.js'
import { startServer } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

interface GraphQlDocument {
  query: string
  variables: { id: string }
}

/** As much of an Absinthe server as its client speaks to: documents in, results and subscriptions out. */
async function connect(t: Test) {
  const unsubscribed = deferred<string>()
  const control = defineChannel({
    join: () => ({ status: 'ok' }),
    handleIn: {
      doc(payload, channel) {
        const { query, variables } = payload as GraphQlDocument
        if (query.startsWith('query')) return { status: 'ok', response: { data: { item: variables } } }
        const subscriptionId = `__absinthe__:doc:${variables.id}`
        channel.subscribe(subscriptionId)
        return { status: 'ok', response: { subscriptionId } }
      },
      unsubscribe(payload, channel) {
        const { subscriptionId } = payload as { subscriptionId: string }
        channel.unsubscribe(subscriptionId)
        unsubscribed.resolve(subscriptionId)
        return { status: 'ok', response: { subscriptionId } }
      }
    },
    handleInfo: ({ topic, payload }, channel: Channel) => {
      channel.push('subscription:data', { subscriptionId: topic, result: payload })
    }
  })
  const { app, url } = await startServer(t, { channels: { '__absinthe__:control': control } })
  return { app, socket: absinthe.create(connectPhoenix(t, url)), unsubscribed: unsubscribed.promise }
}

t.test('@absinthe/socket sends documents and gets their results', async (t) => {
  const { socket } = await connect(t)
  const operation = 'query item ($id: ID!) { item (id: $id) { id } }'
  const ask = (id: string) =>
    new Promise((onResult, onAbort) => {
      const notifier = absinthe.send(socket, { operation, variables: { id } })
      absinthe.observe(socket, notifier, { onResult, onAbort })
    })
  const ids = ['1', '2', '3']
  t.same(
    await Promise.all(ids.map(ask)),
    ids.map((id) => ({ data: { item: { id } } }))
  )
})

t.test('@absinthe/socket subscribes, and unsubscribes', async (t) => {
  const { app, socket, unsubscribed } = await connect(t)
  const operation = 'subscription changed ($id: ID!) { changed (id: $id) { name } }'
  const result = deferred<unknown>()
  const request = { operation, variables: { id: '7' } }
  await new Promise<void>((onStart) => {
    absinthe.observe(socket, absinthe.send(socket, request), { onStart, onResult: result.resolve })
  })
  app.phoenix.broadcast('__absinthe__:doc:7', 'changed', { data: { changed: { name: 'seven' } } })
  t.same(await result.promise, { data: { changed: { name: 'seven' } } })

  // The same request is not sent again, but answered with the state that it is in by now.
  absinthe.cancel(socket, absinthe.send(socket, request))
  t.equal(await unsubscribed, '__absinthe__:doc:7')
})
