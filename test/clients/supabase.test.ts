import { RealtimeClient } from '@supabase/realtime-js'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { defineChannel, Presence } from '../../plugins/phoenix.js'
import { startServer } from '../fixtures/server.js'

interface JoinParams {
  config: { presence: { key: string } }
}

/** As much of Supabase Realtime as its client speaks to: broadcasts as they come, and presence. */
function realtime() {
  const tracker = new Presence()
  return defineChannel<{ key?: string }>({
    join(params, channel) {
      channel.assigns.key = (params as JoinParams).config.presence.key
      channel.defer(async () => channel.push('presence_state', await tracker.list(channel.topic)))
      return { status: 'ok', response: { postgres_changes: [] } }
    },
    handleIn: {
      broadcast(payload, channel) {
        channel.broadcastFrom('broadcast', payload as object)
        return { status: 'ok' }
      },
      presence(message, channel) {
        const { event, payload } = message as { event: string; payload: object }
        const { key = '' } = channel.assigns
        if (event === 'track') tracker.track(channel, key, payload)
        else tracker.untrack(channel, key)
        return { status: 'ok' }
      }
    }
  })
}

// Over version 2 it sends broadcasts in binary frames of a kind that Phoenix does not have.
function connect(t: Test, url: string) {
  const client = new RealtimeClient(url, {
    transport: WebSocket as never,
    vsn: '1.0.0',
    params: { apikey: 'key' },
    // Its timers outlive its sockets, and keep the process.
    timeout: 10_000
  })
  t.teardown(() => client.disconnect())
  return client
}

const subscribed = (channel: ReturnType<RealtimeClient['channel']>) =>
  new Promise<void>((resolve) => {
    channel.subscribe((status) => {
      if (status === 'SUBSCRIBED') resolve()
    })
  })

t.test('@supabase/realtime-js broadcasts and hears the others', async (t) => {
  const { url } = await startServer(t, { channels: { 'realtime:*': realtime() } })
  const [one, two] = [connect(t, url).channel('room'), connect(t, url).channel('room')]
  const heard = new Promise((resolve) => two.on('broadcast', { event: 'move' }, resolve))
  await Promise.all([subscribed(one), subscribed(two)])
  t.equal(await one.send({ type: 'broadcast', event: 'move', payload: { x: 1 } }), 'ok')
  t.match(await heard, { type: 'broadcast', event: 'move', payload: { x: 1 } })
})

t.test('@supabase/realtime-js sees who is present', async (t) => {
  const { url } = await startServer(t, { channels: { 'realtime:*': realtime() } })
  const enter = (key: string) =>
    connect(t, url).channel('room', { config: { presence: { key, enabled: true } } })
  const [alice, bob] = [enter('alice'), enter('bob')]
  const joined = new Promise((resolve) => alice.on('presence', { event: 'join' }, resolve))
  const left = new Promise((resolve) => alice.on('presence', { event: 'leave' }, resolve))
  await Promise.all([subscribed(alice), subscribed(bob)])

  t.equal(await bob.track({ mood: 'good' }), 'ok')
  t.match(await joined, { key: 'bob', newPresences: [{ mood: 'good' }] })
  t.match(alice.presenceState(), { bob: [{ mood: 'good' }] })
  await bob.unsubscribe()
  t.match(await left, { key: 'bob' })
  t.same(alice.presenceState(), {})
})
