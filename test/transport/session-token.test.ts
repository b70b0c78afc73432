import fc from 'fast-check'
import t from 'tap'
import { SessionTokens } from '../../lib/transport/session-token.js'

const secret = 'a secret of thirty-two bytes or more'
const mount = '/socket/longpoll'

t.test('a token names its node to all who know the secret, for its mount alone', async (t) => {
  const token = new SessionTokens('node-1', mount, secret).create()
  t.equal(new SessionTokens('node-2', mount, Buffer.from(secret)).nodeOf(token), 'node-1')
  t.equal(new SessionTokens('node-2', '/other/longpoll', secret).nodeOf(token), undefined)
  t.equal(new SessionTokens('node-2', mount, `${secret}.`).nodeOf(token), undefined)
})

t.test('tokens differ, are short, and need no escapes in a URL', async (t) => {
  const tokens = new SessionTokens('abcdefghijkl', mount, secret)
  const made = new Set(Array.from({ length: 1000 }, () => tokens.create()))
  t.equal(made.size, 1000)
  for (const token of made) t.match(token, /^[\w.-]{1,60}$/)
})

t.test('whatever else is no token', async (t) => {
  const tokens = new SessionTokens('node', mount, secret)
  const token = tokens.create()
  for (const other of [
    undefined,
    null,
    1,
    {},
    [token],
    '',
    '..',
    token.slice(0, -1),
    `${token}A`,
    ` ${token}`
  ]) {
    t.equal(tokens.nodeOf(other), undefined)
  }
  const at = fc.nat(token.length - 1)
  const letter = fc.constantFrom(...'ABCabc019-_. é')
  fc.assert(
    fc.property(at, letter, (i, c) => {
      const changed = token.slice(0, i) + c + token.slice(i + 1)
      return changed === token || tokens.nodeOf(changed) === undefined
    })
  )
  fc.assert(fc.property(fc.string(), (text) => tokens.nodeOf(text) === undefined))
})
