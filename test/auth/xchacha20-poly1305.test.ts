import { createCipheriv, randomBytes } from 'node:crypto'
import { chacha20poly1305, hchacha, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import t from 'tap'

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

const sunscreen = Buffer.from(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
)
const associated = hex('50515253c0c1c2c3c4c5c6c7')
const key = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')

t.test('ChaCha20-Poly1305 seals as RFC 8439 does (section 2.8.2)', async (t) => {
  const sealed = hex(`d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6
    3dbea45e8ca9671282fafb69da92728b 1a71de0a9e060b2905d6a5b67ecd3b36
    92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc
    3ff4def08e4b7a9de576d26586cec64b 6116 1ae10b594f09e26a7e902ecbd0600691`)
  const cipher = chacha20poly1305(key, hex('070000004041424344454647'), associated)
  t.same(Buffer.from(cipher.encrypt(sunscreen)), sealed)
  t.same(Buffer.from(cipher.decrypt(sealed)), sunscreen)
})

t.test('ChaCha20-Poly1305 opens what RFC 8439 sealed (appendix A.5)', async (t) => {
  const sealed = hex(`64a0861575861af460f062c79be643bd 5e805cfd345cf389f108670ac76c8cb2
    4c6cfc18755d43eea09ee94e382d26b0 bdb7b73c321b0100d4f03b7f355894cf
    332f830e710b97ce98c8a84abd0b9481 14ad176e008d33bd60f982b1ff37c855
    9797a06ef4f0ef61c186324e2b350638 3606907b6a7c02b0f9f6157b53c867e4
    b9166c767b804d46a59b5216cde7a4e9 9040c5a40433225ee282a1b0a06c523e
    af4534d7f83fa1155b0047718cbc546a 0d072b04b3564eea1b422273f548271a
    0bb2316053fa76991955ebd63159434e cebb4e466dae5a1073a6727627097a10
    49e617d91d361094fa68f0ff77987130 305beaba2eda04df997b714d6c6f2c29
    a6ad5cb4022b02709b eead9d67890cbb22392336fea1851f38`)
  const opened = chacha20poly1305(
    hex('1c9240a5eb55d38af333888604f6b5f0 473917c1402b80099dca5cbc207075c0'),
    hex('000000000102030405060708'),
    hex('f33388860000000000004e91')
  ).decrypt(sealed)
  t.match(Buffer.from(opened).toString(), /^Internet-Drafts are draft documents valid .* progress\./)
})

t.test('ChaCha20-Poly1305 seals as Node does, at every length around the blocks', async (t) => {
  for (const length of [...Array(130).keys(), 1023, 1024, 4097]) {
    const random = { key: randomBytes(32), nonce: randomBytes(12), text: randomBytes(length) }
    const ours = chacha20poly1305(random.key, random.nonce, random.text.subarray(0, 20)).encrypt(random.text)
    const node = createCipheriv('chacha20-poly1305', random.key, random.nonce, { authTagLength: 16 })
    node.setAAD(random.text.subarray(0, 20), { plaintextLength: length })
    const sealed = Buffer.concat([node.update(random.text), node.final(), node.getAuthTag()])
    t.ok(sealed.equals(ours), `${length} bytes`)
  }
})

t.test('HChaCha20 makes the key of the draft (draft-irtf-cfrg-xchacha-03, section 2.2.1)', async (t) => {
  const words = (bytes: Buffer): Uint32Array =>
    Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4))
  const subkey = new Uint32Array(8)
  hchacha(
    words(Buffer.from('expand 32-byte k')),
    words(hex('000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f')),
    words(hex('000000090000004a0000000031415927')),
    subkey
  )
  t.same(subkey, words(hex('82413b4227b27bfed30e42508a877d73 a0f9e4d58a74a853c12ec41326d3ecdc')))
})

const nonce = hex('404142434445464748494a4b4c4d4e4f5051525354555657')
const sealed = hex(`bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
    731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
    2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
    21f9664c97637da9768812f615c68b13b52e c0875924c1c7987947deafd8780acf49`)

t.test('XChaCha20-Poly1305 seals as the draft does (appendix A.3.1), and opens it again', async (t) => {
  const cipher = xchacha20poly1305(key, nonce, associated)
  t.same(Buffer.from(cipher.encrypt(sunscreen)), sealed)
  t.same(Buffer.from(cipher.decrypt(sealed)), sunscreen)
})

t.test('nothing opens that was changed', async (t) => {
  const changed = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] as number) ^ 1
    return copy
  }
  const tag = sealed.length - 1
  t.throws(() => xchacha20poly1305(key, nonce, associated).decrypt(changed(sealed, 7)))
  t.throws(() => xchacha20poly1305(key, nonce, associated).decrypt(changed(sealed, tag)))
  t.throws(() => xchacha20poly1305(changed(key, 31), nonce, associated).decrypt(sealed))
  t.throws(() => xchacha20poly1305(key, changed(nonce, 0), associated).decrypt(sealed))
  t.throws(() => xchacha20poly1305(key, changed(nonce, 23), associated).decrypt(sealed))
  t.throws(() => xchacha20poly1305(key, nonce, changed(associated, 0)).decrypt(sealed))
})
