import t from 'tap'
import { chooseSubprotocol, withoutTokens } from '../../lib/transport/subprotocols.js'

const carrier = (token: string): string => `base64url.bearer.phx.${token}`

t.test('a client that offers nothing is answered nothing', async (t) => {
  t.same(chooseSubprotocol(undefined, ['phoenix']), { selected: undefined, token: null })
})

t.test('without supported ones an offer is ignored', async (t) => {
  t.same(chooseSubprotocol('mqtt', []), { selected: undefined, token: null })
})

t.test('the preference is that of the server', async (t) => {
  t.match(chooseSubprotocol('mqtt, sip', ['sip', 'mqtt']), { selected: 'sip' })
})

t.test('an offer of which nothing is supported is refused', async (t) => {
  t.equal(chooseSubprotocol('mqtt', ['phoenix']), undefined)
  t.equal(chooseSubprotocol('', ['phoenix']), undefined)
})

t.test('a token alone is taken, and answered nothing; not where no tokens are, and not two', async (t) => {
  t.same(chooseSubprotocol(carrier('YQ'), ['phoenix']), { selected: undefined, token: 'a' })
  t.equal(chooseSubprotocol(carrier('YQ'), ['mqtt'], false), undefined)
  t.equal(chooseSubprotocol(`${carrier('YQ')}, ${carrier('Yg')}`, ['phoenix']), undefined)
  t.equal(chooseSubprotocol(`mqtt, ${carrier('YQ')}`, ['phoenix']), undefined)
})

t.test('what is said of an offer has no token', async (t) => {
  t.same(withoutTokens(`mqtt, ${carrier('c2VjcmV0')}`), ['mqtt', carrier('[token]')])
})

t.test('nor anything else that may be one', async (t) => {
  const names = ['phoenix', 'graphql-transport-ws', 'v12.stomp', 'mqttv3.1', 'x_y']
  t.same(withoutTokens(names.join(', ')), names)
  for (const token of [
    'SFMyNTY.g2gDbQAAAAVhbGljZQ.c2ln',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln',
    carrier('c2VjcmV0').toUpperCase(),
    'XCP.c2VjcmV0c2VjcmV0c2VjcmV0',
    '0123456789abcdef',
    'dGhlIHNhbXBsZSBub25jZQ',
    'a.b.c'
  ])
    t.same(withoutTokens(`phoenix, ${token}`), ['phoenix', '[redacted]'], token)
})

t.test('a token is carried beside the protocol, in either alphabet, padded or not', async (t) => {
  for (const [text, token] of [
    ['c2VjcmV0', 'secret'],
    ['YQ', 'a'],
    ['YQ==', 'a'],
    ['Pz8/', '???'],
    ['Pz8_', '???'],
    ['', '']
  ]) {
    t.same(chooseSubprotocol(`phoenix, ${carrier(`${text}`)}`, ['phoenix']), { selected: 'phoenix', token })
  }
})

t.test('a token that is no base64 is none', async (t) => {
  for (const text of ['=', 'a b', 'ä', '%%']) {
    t.same(chooseSubprotocol(`phoenix,${carrier(text)}`, ['phoenix']), { selected: 'phoenix', token: null })
  }
})

t.test('two tokens are none', async (t) => {
  const carriers = ['YQ', 'Yg'].map((token) => `base64url.bearer.phx.${token}`)
  t.strictSame(chooseSubprotocol(`phoenix, ${carriers.join(', ')}`, ['phoenix']), {
    selected: 'phoenix',
    token: null
  })
})
