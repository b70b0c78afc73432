import fc from 'fast-check'
import t from 'tap'
import { probeSubject, subjectOf } from '../../../lib/cluster/nats/subjects.js'

const halves = ['\ud83d', '\ude00', '\ud83e']
const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('%', 'h', 'u', 'p', '2', '0', '.', ' ', '*', '>', '\r\n', 'é', ...halves)
  }),
  fc.constantFrom(...halves),
  fc.string({ minLength: 500, maxLength: 600, unit: fc.constantFrom('a', '%', ' ') })
)
const isOneToken = (subject: string): boolean => /^phx\.[!-)+\--=?-~]{1,600}$/.test(subject)

t.test('usual topics can be read, and others decoded by eye', async (t) => {
  const read = (channel: string): string => subjectOf('phx', channel)
  t.equal(read('c'), 'phx.c')
  t.equal(read('t:room:42'), 'phx.t:room:42')
  t.equal(read('t:user@example.org'), 'phx.t:user@example%2Eorg')
  t.equal(read('t:a b*>'), 'phx.t:a%20b%2A%3E')
  t.equal(read('t:😀\n'), 'phx.t:%uD83D%uDE00%0A')
  t.equal(read(''), 'phx.%')
})

t.test('every name is one token, and no two are the same', async () => {
  fc.assert(
    fc.property(names, names, (a, b) => {
      const [first, second] = [subjectOf('phx', a), subjectOf('phx', b)]
      return isOneToken(first) && isOneToken(second) && (first === second) === (a === b)
    }),
    { numRuns: 3000 }
  )
})

t.test('a long name is told apart by a digest, to its last letter and half of a pair', async (t) => {
  const long = 'x'.repeat(100_000)
  const subjects = [long, `${long}a`, `${long}\ud83d`, `${long}\ud83e`].map((name) => subjectOf('phx', name))
  t.equal(new Set(subjects).size, 4)
  t.ok(subjects.every((subject) => subject.length < 64 && isOneToken(subject)))
})

t.test('no name has the subject of a probe', async (t) => {
  t.equal(probeSubject('phx', 'abc'), 'phx.%pabc')
  fc.assert(fc.property(names, (name) => !subjectOf('phx', name).startsWith('phx.%p')))
})
