import { createHmac } from 'node:crypto'
import t from 'tap'
import { turnCredentials } from '../../lib/webrtc/turn-credentials.js'

t.test('the username is the end and the user, the credential its HMAC-SHA1', async (t) => {
  const { username, credential } = turnCredentials('north', 'mbzrxpgjys', 1_433_895_918_999)
  t.equal(username, '1433895918:mbzrxpgjys')
  t.equal(credential, createHmac('sha1', 'north').update('1433895918:mbzrxpgjys').digest('base64'))
  // Computed with `openssl dgst -sha1 -hmac north -binary | base64`.
  t.equal(credential, 'd2Q1V6JRLjCTMOhoc8cTgEoi7u0=')
})

t.test('credentials differ by user, by end and by secret', async (t) => {
  const made = [
    turnCredentials('a', 'alice', 1000),
    turnCredentials('a', 'bob', 1000),
    turnCredentials('a', 'alice', 2000),
    turnCredentials('b', 'alice', 1000)
  ]
  t.equal(new Set(made.map(({ credential }) => credential)).size, made.length)
})

t.test('a user id that could not stand in a username is there as its digest', async (t) => {
  for (const id of ['', 'a:b', 'a b', 'a\nb', 'é', 'x'.repeat(129)]) {
    const { username } = turnCredentials('secret', id, 5000)
    t.match(username, /^5:[A-Za-z0-9_-]{43}$/, JSON.stringify(id))
  }
  t.equal(turnCredentials('s', 'a.b_c@d-9', 0).username, '0:a.b_c@d-9')
  t.equal(turnCredentials('s', 'x'.repeat(128), 0).username, `0:${'x'.repeat(128)}`)
})
