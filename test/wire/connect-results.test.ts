import { once } from 'node:events'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import type { PhoenixOptions } from '../../plugins/phoenix.js'
import { serverOf } from '../../plugins/service.js'
import { connectPhoenix } from '../fixtures/phoenix-client.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

type Wrong = { [name in 'connect' | 'id' | 'expiresAt']?: () => unknown }

/** A server of an application that returns what it must not, and what it logs at level error. */
async function start(t: Test, wrong: Wrong) {
  const errors: string[] = []
  const stream = new Writable({
    write(line: Buffer, _encoding, done) {
      errors.push(line.toString())
      done()
    }
  })
  const server = await startServer(t, wrong as Partial<PhoenixOptions>, {
    logger: { level: 'error', stream }
  })
  return { ...server, errors }
}

async function longpollStatus(base: string): Promise<{ http: number; status?: number; text: string }> {
  const response = await fetch(`${base}/socket/longpoll?vsn=2.0.0&user_id=alice`)
  const text = await response.text()
  return { http: response.status, status: JSON.parse(text).status, text }
}

const hour = 60 * 60 * 1000

const over: [what: string, expiresAt: () => unknown, log: RegExp | undefined][] = [
  ['a time that is over', () => Date.now() - 1, undefined],
  ['zero', () => 0, undefined],
  ['minus Infinity', () => Number.NEGATIVE_INFINITY, undefined],
  ['seconds', () => Math.floor((Date.now() + hour) / 1000), /in seconds, not in milliseconds/],
  ['NaN', () => Number.NaN, /expiresAt is no number of milliseconds/],
  ['a BigInt', () => BigInt(Date.now() + hour), /"a bigint"/],
  ['a Date', () => new Date(Date.now() + hour), /"a Date"/],
  ['text', () => String(Date.now() + hour), /"a string"/],
  ['a promise', async () => Date.now() + hour, /"a promise"/],
  ['a promise that is rejected', () => Promise.reject(new Error('unhandled')), /"a promise"/]
]

for (const [what, expiresAt, log] of over) {
  t.test(`an expiresAt that returns ${what} refuses before the upgrade`, async (t) => {
    const { app, url, base, errors } = await start(t, { expiresAt })
    t.equal(await refusal(url, 'user_id=alice'), 403)
    t.match(await longpollStatus(base), { http: 200, status: 403 })
    t.equal(app.phoenix.socketCount, 0)
    if (log === undefined) t.same(errors, [])
    else t.match(errors.join(''), log)
  })
}

for (const never of [null, undefined, Number.POSITIVE_INFINITY]) {
  t.test(`an expiresAt that returns ${never} is never`, async (t) => {
    const { url, base } = await start(t, { expiresAt: () => never })
    t.ok(await (await connectRaw(t, url, 'user_id=alice')).isAlive())
    t.match(await longpollStatus(base), { status: 410 })
  })
}

t.test('phoenix.js with a token that is over backs off, and is never let in', async (t) => {
  let asked = 0
  const { url } = await start(t, {
    expiresAt: () => {
      asked++
      return Date.now() - hour
    }
  })
  const socket = connectPhoenix(t, url.replace(/^ws/, 'http'))
  socket.onOpen(() => {
    t.fail('let in')
  })
  await new Promise((resolve) => socket.onError(resolve))
  t.equal(asked, 1)
})

const wrong: [what: string, options: Wrong, log: RegExp][] = [
  ['an id of a number', { id: () => 42 }, /id returned a number, not text/],
  ['an empty id', { id: () => '' }, /id returned an empty string/],
  ['an id that is an object', { id: () => ({}) }, /id returned an object/],
  ['an id that is false', { id: () => false }, /id returned a boolean/],
  ['an id that is a promise', { id: async () => 'alice' }, /id returned a promise/],
  ['a rejected id', { id: () => Promise.reject(new Error('unhandled')) }, /id returned a promise/],
  ['an id that throws', { id: () => Number(Symbol('x')) }, /connect failed/],
  ['assigns of text', { connect: () => 'alice' }, /connect returned a string, not assigns/],
  ['assigns of text, later', { connect: async () => 'alice' }, /connect returned a string/],
  ['assigns that are a list', { connect: () => [] }, /connect returned an array/],
  ['assigns that are true', { connect: () => true }, /connect returned a boolean/],
  ['assigns that are 0', { connect: () => 0 }, /connect returned a number/],
  ['assigns that are empty text', { connect: async () => '' }, /connect returned an empty string/],
  ['assigns that are a function', { connect: () => () => {} }, /connect returned a function/],
  ['an error in place of assigns', { connect: () => new Error('banned') }, /connect returned an Error, not/],
  ['an error, later', { connect: async () => new TypeError('banned') }, /connect returned an Error/],
  ['assigns that are a Date', { connect: () => new Date() }, /connect returned a Date/],
  ['assigns that are a Map', { connect: () => new Map([['userId', 'alice']]) }, /connect returned a Map/],
  ['assigns that are a Set', { connect: async () => new Set() }, /connect returned a Set/],
  ['assigns that are bytes', { connect: () => Buffer.from('alice') }, /connect returned a Uint8Array/]
]

for (const [what, options, log] of wrong) {
  t.test(`${what}: the client is refused with 500, and the log says why`, async (t) => {
    const { app, url, base, errors } = await start(t, options)
    t.equal(await refusal(url, 'user_id=alice'), 500)
    t.match(errors.join(''), log)
    const poll = await longpollStatus(base)
    t.equal(poll.http, 500)
    t.notMatch(poll.text, /returned/, 'the client is told nothing of it')
    t.equal(app.phoenix.socketCount, 0)
  })
}

class User {
  readonly userId = 'alice'
}

for (const [what, assigns] of [
  ["an object of the application's own class", new User()],
  ['an object without a prototype', Object.assign(Object.create(null), { userId: 'alice' })]
] as const) {
  t.test(`assigns may be ${what}`, async (t) => {
    const { url } = await start(t, { connect: () => assigns })
    t.ok(await (await connectRaw(t, url)).isAlive())
  })
}

for (const id of [null, undefined]) {
  t.test(`an id of ${id} is no name`, async (t) => {
    const { url } = await start(t, { id: () => id })
    t.ok(await (await connectRaw(t, url, 'user_id=alice')).isAlive())
  })
}

t.test('an error handler that settles without an answer does not leave the client waiting', async (t) => {
  const { refuse } = await import('../../plugins/phoenix.js')
  const { url } = await startServer(t, {
    connect: () => refuse('no'),
    websocket: { errorHandler: async () => {} }
  })
  t.equal(await refusal(url), 403)
})

t.test('a thenable that is none of ours is awaited, and its rejection is a failure', async (t) => {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  const good = { then: (resolve: (assigns: object) => void) => resolve({ userId: 'alice' }) }
  const { url } = await start(t, { connect: () => good })
  t.ok(await (await connectRaw(t, url)).isAlive())
  const bad = {
    // biome-ignore lint/suspicious/noThenProperty: that is what it is about
    then() {
      throw new Error('x')
    }
  }
  const other = await start(t, { connect: () => bad })
  t.equal(await refusal(other.url), 500)
})

t.test('a connection whose socket cannot be made is closed, and its place is free', async (t) => {
  const { app, url } = await startServer(t, { limits: { socketsPerUser: 1, signOfLifeMs: 0 } })
  const { pubsub } = serverOf(app).endpoint
  const { addSocket } = pubsub
  pubsub.addSocket = () => {
    throw new Error('no')
  }
  const [client] = await Promise.all([connectRaw(t, url, 'user_id=alice')])
  t.equal(await client.closed, 1011)
  pubsub.addSocket = addSocket
  const next = await connectRaw(t, url, 'user_id=alice')
  t.ok(await next.isAlive())
  next.ws.close()
  await once(next.ws, 'close')
})
