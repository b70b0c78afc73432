import type { AddressInfo } from 'node:net'
import { join as joinPath } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Channel, Presence } from 'phoenix'
import t, { type Test } from 'tap'
import { createPhoenixToken } from '../../plugins/phoenix.js'
import { programOf } from '../fixtures/documents.js'
import { answer, connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'

const program = programOf('plugins/guides/from-phoenix.md')

/** The module of the application that the program imports. */
const chat = `
const members = { alice: 'moderator', bob: 'member' }
export const role = async (room, userId) => (room === 'lobby' ? members[userId] : undefined)
export const names = async (ids) => Object.fromEntries(ids.map((id) => [id, id.toUpperCase()]))
`

const secretKeyBase = 'a secret of the Phoenix application, long enough to be one'
const tokens = createPhoenixToken({ secretKeyBase, salt: 'user socket' })

t.test('the channel of the guide does what its Phoenix original does', async (t) => {
  process.env.SECRET_KEY_BASE = secretKeyBase
  const { 'main.js': main = '', ...modules } = program
  const folder = t.testdir({
    ...modules,
    'chat.js': chat,
    'main.js': `${main.replace('port: 4000', 'port: 0')}\nexport { app }\n`
  })
  const { app } = (await import(joinPath(folder, 'main.js'))) as { app: FastifyInstance }
  t.teardown(() => app.close())
  const base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const enter = (t: Test, userId: string): Channel =>
    connectPhoenix(t, `${base}/socket`, { params: { token: tokens.sign(userId) } }).channel('room:lobby')

  t.test('only clients with a good token connect', async (t) => {
    const refused = await app.inject('/socket/longpoll?vsn=2.0.0&token=nonsense')
    t.equal(refused.json().status, 403)
    const accepted = await app.inject(`/socket/longpoll?vsn=2.0.0&token=${tokens.sign('alice')}`)
    t.equal(accepted.json().status, 410)
  })

  t.test('those who have no role are refused', async (t) => {
    t.same(await join(enter(t, 'eve')), { status: 'error', response: { reason: 'unauthorized' } })
  })

  t.test('members are present, by name', async (t) => {
    const alice = enter(t, 'alice')
    const presence = new Presence(alice)
    const synced = new Promise<void>((resolve) => presence.onSync(resolve))
    t.same(await join(alice), { status: 'ok', response: { role: 'moderator' } })
    await synced
    t.same(
      presence.list((id, { name }: { name?: string }) => [id, name]),
      [['alice', 'ALICE']]
    )
  })

  t.test('each member is told which messages they may delete', async (t) => {
    const [alice, bob] = [enter(t, 'alice'), enter(t, 'bob')]
    await Promise.all([join(alice), join(bob)])
    const seen = Promise.all([next(alice, 'new_msg'), next(bob, 'new_msg')])
    t.same(await push(alice, 'new_msg', { body: 'hi' }), { status: 'ok', response: {} })
    t.same(await seen, [
      { from: 'alice', body: 'hi', can_delete: true },
      { from: 'alice', body: 'hi', can_delete: false }
    ])
  })

  t.test('attachments go to the others as bytes', async (t) => {
    const [alice, bob] = [enter(t, 'alice'), enter(t, 'bob')]
    await Promise.all([join(alice), join(bob)])
    const received = next(bob, 'attachment')
    const bytes = Uint8Array.of(1, 2, 3).buffer
    t.same(await answer(alice.push('attachment', bytes)), { status: 'ok', response: { bytes: 3 } })
    t.same(new Uint8Array(await received), Uint8Array.of(1, 2, 3))
  })

  t.test('routes reach the room, and end the sockets of a user', async (t) => {
    const bob = enter(t, 'bob')
    await join(bob)
    const announced = next(bob, 'announcement')
    const announcement = {
      method: 'POST',
      url: '/rooms/lobby/announcements',
      payload: { text: 'news' }
    } as const
    t.equal((await app.inject(announcement)).statusCode, 204)
    t.same(await announced, { text: 'news' })

    const gone = new Promise<void>((resolve) => bob.onError(() => resolve()))
    t.equal((await app.inject({ method: 'DELETE', url: '/users/bob/sockets' })).statusCode, 204)
    await gone
  })
})
