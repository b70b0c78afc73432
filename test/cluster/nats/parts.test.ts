import t from 'tap'
import { encodePart, Parts } from '../../../lib/cluster/nats/parts.js'

const mib = 1024 * 1024

/** A message in parts of as many bytes, as they go over the wire. */
function cut(id: string, text: string, partBytes: number): [string, Buffer][] {
  const bytes = Buffer.from(text)
  const count = Math.ceil(bytes.length / partBytes)
  return Array.from({ length: count }, (_, index) => [
    encodePart({ id, index, count, size: bytes.length }),
    bytes.subarray(index * partBytes, (index + 1) * partBytes)
  ])
}

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString()

t.test('messages in parts are whole again, also when they mix', async (t) => {
  const parts = new Parts()
  const a = cut('a', 'hello', 2)
  const b = cut('b', 'world', 2)
  const whole: (string | undefined)[] = []
  for (const i of [0, 1, 2])
    for (const part of [a[i], b[i]]) whole.push(text(parts.take('t:a', ...(part as [string, Buffer]))))
  t.same(whole, [undefined, undefined, undefined, undefined, 'hello', 'world'])
  t.equal(parts.incomplete, 0)
})

t.test('a missing part costs its message once, and no other', async (t) => {
  for (const missing of [0, 1, 2]) {
    const parts = new Parts()
    for (const [i, part] of cut('a', 'hello', 2).entries()) {
      if (i !== missing) t.equal(parts.take('t:a', ...part), undefined)
    }
    // Nothing says that the last one is missing, but time.
    if (missing === 2) parts.clear()
    t.equal(parts.incomplete, 1, `without ${missing}`)
    const after = cut('b', 'world', 3).map((part) => text(parts.take('t:a', ...part)))
    t.same(after, [undefined, 'world'])
    t.equal(parts.incomplete, 1)
  }
})

t.test('parts that come twice, in disorder or with other sizes are no message', async (t) => {
  const [first, second, last] = cut('a', 'hello', 2) as [[string, Buffer], [string, Buffer], [string, Buffer]]
  const short: [string, Buffer] = [second[0], Buffer.from('l')]
  const long: [string, Buffer] = [second[0], Buffer.from('l'.repeat(9))]
  for (const sent of [
    [first, first, second, last],
    [second, first, last],
    [first, short, last],
    [first, long, last]
  ]) {
    const parts = new Parts()
    for (const part of sent) t.equal(parts.take('t:a', ...part), undefined)
    t.equal(parts.incomplete, 1)
  }
})

t.test('what is no part is counted', async (t) => {
  const parts = new Parts()
  const strange = ['', 'x', 'a 1 1 5', 'a 0 0 0', 'a -1 2 5', 'a 0 2 99999999', `${'a'.repeat(99)} 0 2 5`]
  for (const header of strange) t.equal(parts.take('t:a', header, Buffer.from('hello')), undefined)
  t.equal(parts.incomplete, strange.length)
})

t.test('the same name on another channel is another message', async (t) => {
  const parts = new Parts()
  const [first, last] = cut('a', 'hello', 3) as [[string, Buffer], [string, Buffer]]
  parts.take('t:a', ...first)
  t.equal(parts.take('t:b', ...last), undefined)
  t.equal(text(parts.take('t:a', ...last)), 'hello')
})

t.test('what waits for its rest is bounded, and the oldest goes first', async (t) => {
  const parts = new Parts()
  const head = (id: string): string => encodePart({ id, index: 0, count: 2, size: 4 * mib })
  for (let i = 0; i < 40; i++) parts.take('t:a', head(`${i}`), Buffer.alloc(2 * mib))
  t.equal(parts.incomplete, 8)
  for (let i = 0; i < 3000; i++) parts.take('t:b', head(`${i}`), Buffer.alloc(1))
  t.ok(parts.incomplete > 2000)
})

t.test('a message of which nothing more comes is given up', async (t) => {
  let now = 0
  const parts = new Parts(() => now)
  const [first, second, last] = cut('a', 'hello', 2) as [[string, Buffer], [string, Buffer], [string, Buffer]]
  parts.take('t:a', ...first)
  now = 9_000
  parts.expire()
  parts.take('t:a', ...second)
  now = 18_000
  parts.expire()
  t.equal(text(parts.take('t:a', ...last)), 'hello', 'as long as something comes it is awaited')
  parts.take('t:a', ...first)
  now = 30_000
  parts.expire()
  t.equal(parts.incomplete, 1)
})
