import t from 'tap'
import { choose } from '../../bench/lib/choose.js'
import { type Options, readOptions } from '../../bench/lib/options.js'
import type { Question } from '../../bench/lib/question.js'
import { questions } from '../../bench/questions/index.js'

function chosen(argv: string[], all: readonly Question[] = questions) {
  const said: string[] = []
  const asked = choose(all, readOptions(argv) as Options, (line) => said.push(line))
  return { asked, said }
}

t.test('another Phoenix server is asked what it can answer, and what is left out is said', async (t) => {
  const { asked, said } = chosen(['--target', 'ws://127.0.0.1:4000/bench', '--quick'])
  const names = asked.map(({ name }) => name)
  t.ok(names.includes('hook-websocket') && names.includes('long-run'))
  t.notOk(names.includes('growth') || names.includes('state'))
  t.match(said.join('\n'), /^growth: left out/m)
  for (const { subjects } of asked) t.equal(subjects.at(-1)?.name, 'target')
})

t.test('our own server takes the place of the floor', async (t) => {
  const { asked } = chosen(['--against-itself', '--only', 'state'])
  const [own, floor] = asked[0]?.subjects ?? []
  t.equal(floor?.name, 'floor')
  t.equal(floor?.program, own?.program)
})

t.test(
  'a case that takes more open files than there may be is left out with a line that says so',
  async (t) => {
    const [one] = questions as [Question]
    const impossible = { name: 'huge', size: {}, files: Number.MAX_SAFE_INTEGER }
    const { asked, said } = chosen([], [{ ...one, cases: [...one.cases, impossible] }])
    t.equal(asked[0]?.cases.length, one.cases.length)
    t.match(
      said.join('\n'),
      `${one.name}, huge: left out, as it takes ${impossible.files} open files (ulimit -n)`
    )
  }
)

t.test('a case whose program is not installed is left out with a line that says so', async (t) => {
  const [one] = questions as [Question]
  const cases = [
    { name: 'missing', size: {}, needs: 'no-such-program' },
    { name: 'there', size: {}, needs: 'sh' }
  ]
  const { asked, said } = chosen([], [{ ...one, cases }])
  t.same(
    asked[0]?.cases.map(({ name }) => name),
    ['there']
  )
  t.same(said, [`${one.name}, missing: left out, as no-such-program is not here`])
})
