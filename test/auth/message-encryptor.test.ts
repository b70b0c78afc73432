import { createCipheriv, randomBytes } from 'node:crypto'
import t from 'tap'
import { decryptMessage, encryptMessage } from '../../lib/auth/message-encryptor.js'

function gcm(plaintext: Buffer, key: Buffer, nonce: Buffer, associated: string): [Buffer, Buffer] {
  const cipher = createCipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(associated))
  return [Buffer.concat([cipher.update(plaintext), cipher.final()]), cipher.getAuthTag()]
}

/** The parts of a message as plug_crypto 1 encrypts it. */
function legacyParts(message: Buffer, key: Buffer): Buffer[] {
  const contentKey = randomBytes(16)
  const wrapNonce = randomBytes(12)
  const [wrapped, wrapTag] = gcm(contentKey, key, wrapNonce, '')
  const nonce = randomBytes(12)
  const [ciphertext, tag] = gcm(message, contentKey, nonce, 'A128GCM')
  return [Buffer.from('A128GCM'), Buffer.concat([wrapped, wrapTag, wrapNonce]), nonce, ciphertext, tag]
}

const join = (parts: Buffer[]): string => parts.map((part) => part.toString('base64url')).join('.')
const message = Buffer.from('a message')

t.test('messages of plug_crypto 1 decrypt, with keys of each length', async (t) => {
  for (const size of [16, 24, 32]) {
    const key = randomBytes(size)
    t.same(decryptMessage(join(legacyParts(message, key)), key), message, `${size} bytes`)
  }
})

t.test('messages of plug_crypto 1 of which any part was changed do not decrypt', async (t) => {
  const key = randomBytes(32)
  const parts = legacyParts(message, key)
  for (const [i, part] of parts.entries()) {
    for (const changed of [
      Buffer.alloc(0),
      part.subarray(1),
      Buffer.concat([part, part]),
      Buffer.from(part).fill(0, 0, 1)
    ]) {
      if (changed.equals(part)) continue
      t.equal(decryptMessage(join(parts.with(i, changed)), key), undefined, `part ${i}`)
    }
  }
  t.equal(decryptMessage(join(parts.slice(0, 4)), key), undefined)
  t.equal(decryptMessage(join([...parts, Buffer.of(1)]), key), undefined)
  t.equal(decryptMessage(join(parts), randomBytes(32)), undefined)
  t.equal(decryptMessage(join(parts), randomBytes(20)), undefined)
})

t.test('a message that was encrypted decrypts with its key alone', async (t) => {
  const key = randomBytes(32)
  const token = encryptMessage(message, key)
  t.match(token, /^XCP\.[\w-]+$/)
  t.same(decryptMessage(token, key), message)
  t.equal(decryptMessage(token, randomBytes(32)), undefined)
  t.equal(decryptMessage(token, key.subarray(0, 16)), undefined)
  t.equal(decryptMessage(`${token}A`, key), undefined)
  t.equal(decryptMessage(token.slice(0, 40), key), undefined)
  t.same(decryptMessage(encryptMessage(Buffer.alloc(0), key), key), Buffer.alloc(0))
})
