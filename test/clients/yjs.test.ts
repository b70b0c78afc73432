import type { Channel } from 'phoenix'
import t, { type Test } from 'tap'
import { messageQueryAwareness, PhoenixChannelProvider } from 'y-phoenix-channel'
import { Doc } from 'yjs'
import { defineChannel } from '../../plugins/phoenix.js'
import { connectPhoenix, rejoined } from '../fixtures/phoenix-client.js'
import { connectionUnder } from '../fixtures/phoenix-internals.js'
import { startServer } from '../fixtures/server.js'

/** Asks for all that a document holds: a first step of Yjs' sync with the state of an empty document. */
const askForAll = Uint8Array.of(0, 0, 1, 0)
/** Asks who is there. */
const askForAwareness = Uint8Array.of(messageQueryAwareness)

/** Hands the bytes of one document to the others: the server itself holds no document. */
const relay = defineChannel({
  join: () => ({ status: 'ok' }),
  handleIn: {
    yjs: (bytes, channel) => channel.broadcastFrom('yjs', bytes as Uint8Array),
    // A newcomer tells what it has: the others answer with what it lacks, and it with all that it has.
    yjs_sync(bytes, channel) {
      channel.broadcastFrom('yjs', bytes as Uint8Array)
      channel.broadcastFrom('yjs', askForAwareness)
      channel.push('yjs', askForAll)
    }
  }
})

async function serve(t: Test) {
  return startServer(t, { channels: { 'doc:*': relay } })
}

/** A document that is kept in step with the others of its room. */
function open(t: Test, url: string, name: string) {
  const doc = new Doc()
  const socket = connectPhoenix(t, url)
  const provider = new PhoenixChannelProvider(socket, 'doc:a', doc, { disableBc: true })
  provider.awareness.setLocalState({ name })
  t.teardown(() => {
    provider.destroy()
    provider.awareness.destroy()
    doc.destroy()
  })
  return { doc, provider, channel: provider.channel as Channel, text: doc.getText('text') }
}

type Open = ReturnType<typeof open>

const joined = ({ provider }: Open): Promise<void> =>
  new Promise((resolve) => {
    provider.on('status', ({ status }) => {
      if (status === 'connected') resolve()
    })
  })

/** Resolves when the text of a document is that one. */
function reads({ doc, text }: Open, expected: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (text.toString() !== expected) return
      doc.off('update', look)
      resolve()
    }
    doc.on('update', look)
    look()
  })
}

/** Resolves when the other's presence is known. */
function sees({ provider: { awareness } }: Open, name: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if ([...awareness.getStates().values()].some((state) => state.name === name)) resolve()
    }
    awareness.on('change', look)
    look()
  })
}

t.test('two Yjs documents stay the same over binary frames', async (t) => {
  const { url } = await serve(t)
  const one = open(t, url, 'one')
  await joined(one)
  one.text.insert(0, 'hello')

  const two = open(t, url, 'two')
  await reads(two, 'hello')
  await Promise.all([sees(one, 'two'), sees(two, 'one')])

  // Concurrent edits, in both directions.
  one.text.insert(5, ' world')
  two.text.insert(0, 'oh, ')
  await Promise.all([reads(one, 'oh, hello world'), reads(two, 'oh, hello world')])

  const big = 'x'.repeat(60_000)
  two.text.insert(two.text.length, big)
  await reads(one, `oh, hello world${big}`)
  t.ok(one.text.toString() === two.text.toString())
})

t.test('documents agree again when one was away and both were changed meanwhile', async (t) => {
  const { url } = await serve(t)
  const one = open(t, url, 'one')
  const two = open(t, url, 'two')
  await Promise.all([joined(one), joined(two)])
  one.text.insert(0, 'a')
  await reads(two, 'a')

  const again = rejoined(two.channel)
  cut(two.channel)
  two.text.insert(1, 'c')
  one.text.insert(1, 'b')
  await again
  await agree(one, two, 'abc'.length)
  t.equal(one.text.toString(), two.text.toString())
})

/** The client's connection breaks. */
function cut(channel: Channel): void {
  connectionUnder(channel).terminate()
}

/** Resolves when both documents hold the same text of that length. */
function agree(one: Open, two: Open, length: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const text = one.text.toString()
      if (text.length === length && text === two.text.toString()) resolve()
    }
    for (const { doc } of [one, two]) doc.on('update', look)
    look()
  })
}
