import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { base64url, type JWK } from 'jose'
import t from 'tap'
import { createJwtVerifier, type JwtVerifierOptions } from '../../lib/auth/jwt.js'
import type { JwtAlgorithm } from '../../lib/auth/jwt-algorithms.js'
import { Issuer, secret } from './jwt-fixtures.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
const ed25519 = generateKeyPairSync('ed25519')
const x25519 = generateKeyPairSync('x25519')

const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }) as string
const jwk = (key: KeyObject): JWK => key.export({ format: 'jwk' }) as JWK

t.test('tokens of each kind of key pair verify by PEM, JWK and KeyObject', async (t) => {
  const pairs: [JwtAlgorithm, typeof rsa][] = [
    ['RS256', rsa],
    ['PS512', rsa],
    ['ES256', p256],
    ['ES384', p384],
    ['ES512', p521],
    ['EdDSA', ed25519],
    ['Ed25519', ed25519]
  ]
  for (const [alg, { publicKey, privateKey }] of pairs) {
    const issuer = new Issuer()
    const token = await issuer.sign({ sub: 'alice' }, privateKey, { alg })
    for (const key of [pem(publicKey), jwk(publicKey), publicKey]) {
      const verify = createJwtVerifier({ publicKey: key, algorithms: [alg], clock: issuer.clock })
      t.match(await verify(token), { userId: 'alice' }, alg)
    }
  }
})

t.test('a token that is signed with the public key as a secret is none', async (t) => {
  const issuer = new Issuer()
  const publicKey = pem(rsa.publicKey)
  const verify = createJwtVerifier({ publicKey, algorithms: ['RS256'], clock: issuer.clock })
  for (const key of [Buffer.from(publicKey), rsa.publicKey.export({ format: 'der', type: 'spki' })]) {
    t.equal(await verify(await issuer.sign({ sub: 'alice' }, key, { alg: 'HS256' })), null)
  }
})

t.test('an algorithm of the same key that was not asked for is not taken', async (t) => {
  const issuer = new Issuer()
  const verify = createJwtVerifier({ publicKey: rsa.publicKey, algorithms: ['PS256'], clock: issuer.clock })
  t.equal(await verify(await issuer.sign({ sub: 'alice' }, rsa.privateKey, { alg: 'RS256' })), null)
  t.match(await verify(await issuer.sign({ sub: 'alice' }, rsa.privateKey, { alg: 'PS256' })), {
    userId: 'alice'
  })
})

t.test('a secret of bytes is one, and is copied', async (t) => {
  const issuer = new Issuer()
  const bytes = Buffer.from(secret)
  const verify = createJwtVerifier({ secret: bytes, algorithms: ['HS256', 'HS512'], clock: issuer.clock })
  bytes.fill(0)
  const token = await issuer.sign({ sub: 'alice' }, Buffer.from(secret), { alg: 'HS512' })
  t.match(await verify(token), { userId: 'alice' })
})

t.test('a secret is as long as the hash of its algorithm, in bytes', async (t) => {
  for (const [algorithm, bytes] of [
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64]
  ] as const) {
    createJwtVerifier({ secret: 'ä'.repeat(bytes / 2), algorithms: [algorithm] })
    t.throws(() => createJwtVerifier({ secret: 'x'.repeat(bytes - 1), algorithms: [algorithm] }), {
      code: 'PHX_ERR_AUTH_OPTION',
      message: new RegExp(`secret: must have at least ${bytes} bytes for ${algorithm}`)
    })
  }
})

t.test('options that are wrong, or not safe together, are refused by name', async (t) => {
  const privatePem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const wrong: [name: string, options: object][] = [
    ['secret, publicKey, jwksUri', { algorithms: ['HS256'] }],
    ['secret, publicKey, jwksUri', { secret, publicKey: rsa.publicKey, algorithms: ['RS256'] }],
    ['secret', { secret: '', algorithms: ['HS256'] }],
    ['secret', { secret: 5, algorithms: ['HS256'] }],
    ['secret', { secret: 'a', algorithms: ['HS256'] }],
    ['secret', { secret: 'x'.repeat(31), algorithms: ['HS256'] }],
    ['secret', { secret: Buffer.alloc(47), algorithms: ['HS384'] }],
    ['secret', { secret: 'x'.repeat(63), algorithms: ['HS256', 'HS512'] }],
    ['secret', { secret: pem(rsa.publicKey), algorithms: ['HS256'] }],
    ['algorithms', { secret }],
    ['algorithms', { secret, algorithms: [] }],
    ['algorithms', { secret, algorithms: 'HS256' }],
    ['algorithms', { secret, algorithms: ['none'] }],
    ['algorithms', { secret, algorithms: ['HS256', 'RS256'] }],
    ['algorithms', { publicKey: rsa.publicKey, algorithms: ['HS256'] }],
    ['algorithms', { publicKey: p256.publicKey, algorithms: ['ES384'] }],
    ['algorithms', { publicKey: ed25519.publicKey, algorithms: ['ES256'] }],
    ['algorithms', { jwksUri: 'https://issuer.test/jwks', algorithms: ['HS256'] }],
    ['publicKey', { publicKey: 'no key', algorithms: ['RS256'] }],
    ['publicKey', { publicKey: privatePem, algorithms: ['RS256'] }],
    ['publicKey', { publicKey: rsa.privateKey, algorithms: ['RS256'] }],
    ['publicKey', { publicKey: jwk(rsa.privateKey), algorithms: ['RS256'] }],
    ['publicKey', { publicKey: { kty: 'oct', k: base64url.encode(secret) }, algorithms: ['RS256'] }],
    ['publicKey', { publicKey: weak.publicKey, algorithms: ['RS256'] }],
    ['publicKey', { publicKey: k256.publicKey, algorithms: ['ES256'] }],
    ['publicKey', { publicKey: x25519.publicKey, algorithms: ['EdDSA'] }],
    ['jwksUri', { jwksUri: 'http://issuer.test/jwks', algorithms: ['RS256'] }],
    ['jwksUri', { jwksUri: 'file:///etc/passwd', algorithms: ['RS256'] }],
    ['jwksUri', { jwksUri: 'nowhere', algorithms: ['RS256'] }],
    ['issuer', { secret, algorithms: ['HS256'], issuer: '' }],
    ['issuer', { secret, algorithms: ['HS256'], issuer: [] }],
    ['audience', { secret, algorithms: ['HS256'], audience: [5] }],
    ['clockTolerance', { secret, algorithms: ['HS256'], clockTolerance: -1 }],
    ['clockTolerance', { secret, algorithms: ['HS256'], clockTolerance: '5s' }],
    ['maxTokenAge', { secret, algorithms: ['HS256'], maxTokenAge: 0 }],
    ['clock', { secret, algorithms: ['HS256'], clock: Date }],
    ['userIdClaim', { secret, algorithms: ['HS256'], userIdClaim: '' }],
    ['audiance', { secret, algorithms: ['HS256'], audiance: 'game' }]
  ]
  for (const [name, options] of wrong) {
    t.throws(
      () => createJwtVerifier(options as JwtVerifierOptions),
      { code: 'PHX_ERR_AUTH_OPTION', message: new RegExp(`option ${name}:`) },
      `${name} ${Object.keys(options)}`
    )
  }
})

t.test('an error about a key does not tell the key', async (t) => {
  const bad = pem(createPublicKey(rsa.privateKey)).replace('MIIB', 'MIIC')
  try {
    createJwtVerifier({ publicKey: bad, algorithms: ['RS256'] })
    t.fail('must throw')
  } catch (err) {
    t.notMatch(String(err), /MIIC/)
  }
})
