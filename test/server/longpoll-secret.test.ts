import t from 'tap'
import { longPollSecret } from '../../lib/server/longpoll-secret.js'
import { minSecretBytes } from '../../lib/transport/session-token.js'

t.test('processes of one token secret share a secret, which does not tell it', async (t) => {
  const secret = longPollSecret('short')
  t.ok(secret.equals(longPollSecret('short')))
  t.notOk(secret.equals(longPollSecret('other')))
  t.ok(secret.length >= minSecretBytes)
  t.notOk(secret.includes('short'))
})
