import t from 'tap'
import { hchacha20, open, seal } from '../../lib/auth/xchacha20-poly1305.js'

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

t.test('HChaCha20 makes the key of the draft (draft-irtf-cfrg-xchacha-03, section 2.2.1)', async (t) => {
  const key = hex('000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f')
  const nonce = hex('000000090000004a0000000031415927')
  t.equal(
    hchacha20(key, nonce).toString('hex'),
    '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc'
  )
})

const vector = {
  plaintext: Buffer.from(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
  ),
  associated: hex('50515253c0c1c2c3c4c5c6c7'),
  key: hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
  nonce: hex('404142434445464748494a4b4c4d4e4f5051525354555657'),
  ciphertext: hex(`bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
    731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
    2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
    21f9664c97637da9768812f615c68b13b52e`),
  tag: hex('c0875924c1c7987947deafd8780acf49')
}

t.test('what is sealed is that of the draft (appendix A.3.1), and opens again', async (t) => {
  const { plaintext, key, nonce, associated, ciphertext, tag } = vector
  t.same(seal(plaintext, key, nonce, associated), { ciphertext, tag })
  t.same(open({ ciphertext, tag }, key, nonce, associated), plaintext)
})

t.test('nothing opens that was changed', async (t) => {
  const { key, nonce, associated, ciphertext, tag } = vector
  const changed = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] as number) ^ 1
    return copy
  }
  t.equal(open({ ciphertext: changed(ciphertext, 7), tag }, key, nonce, associated), undefined)
  t.equal(open({ ciphertext, tag: changed(tag, 15) }, key, nonce, associated), undefined)
  t.equal(open({ ciphertext, tag }, changed(key, 31), nonce, associated), undefined)
  t.equal(open({ ciphertext, tag }, key, changed(nonce, 0), associated), undefined)
  t.equal(open({ ciphertext, tag }, key, changed(nonce, 23), associated), undefined)
  t.equal(open({ ciphertext, tag }, key, nonce, changed(associated, 0)), undefined)
})
