import t from 'tap'
import type { NodeRow, Sample } from '../../lib/dashboard/protocol.js'
import { refusalKinds } from '../../lib/log/refusals.js'
import { BusyData } from '../fixtures/dashboard-data.js'
import { QuietData } from '../fixtures/dashboard-quiet.js'
import { root } from '../fixtures/root.js'

interface Problem {
  level: string
  view: string
  text: string
}

interface Samples {
  add(samples: readonly Sample[]): void
  timeline(): { times: number[]; rows: Map<string, (Sample | undefined)[]> }
}

interface Words {
  titles: Record<string, string>
  findProblems(samples: Samples, nodes: readonly NodeRow[]): Problem[]
  createSamples(): Samples
  ms(value: number | null): string
  bytes(value: number): string
  duration(value: number): string
}

/** Modules of the page that need no browser. */
async function words(): Promise<Words> {
  const names = ['refusal-kinds', 'problems', 'samples', 'format']
  const modules = names.map((name) => import(new URL(`lib/dashboard/page/${name}.js`, root).href))
  return Object.assign({}, ...(await Promise.all(modules)))
}

t.test('every kind of refusal has a title', async (t) => {
  const { titles } = await words()
  t.same(
    refusalKinds.filter((kind) => titles[kind] === undefined),
    []
  )
})

t.test('figures are short, and of one form', async (t) => {
  const { ms, bytes, duration } = await words()
  t.same([null, 0, 0.042, 4.24, 42.4, 999.6, 12_345].map(ms), [
    '–',
    '0 ms',
    '0.04 ms',
    '4.2 ms',
    '42 ms',
    '1.0 s',
    '12 s'
  ])
  t.same([0, 999, 1000, 12_345, 999_600, 5e9].map(bytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '12 kB',
    '1.0 MB',
    '5.0 GB'
  ])
  t.same([0, 119_000, 125_000, 7_500_000, 93_600_000].map(duration), [
    '0 s',
    '119 s',
    '2 min',
    '2 h 5 min',
    '1 d 2 h'
  ])
})

async function problemsOf(nodes: readonly NodeRow[], samples: readonly Sample[]): Promise<Problem[]> {
  const { createSamples, findProblems } = await words()
  const kept = createSamples()
  kept.add(samples)
  return findProblems(kept, nodes)
}

t.test('what is wrong is said with its node and its figures, the worst first', async (t) => {
  const data = new BusyData({ sockets: 60, peers: 10 })
  const now = Date.now()
  const problems = await problemsOf(data.nodes(now), data.history(now))
  const said = problems.map(({ level, view, text }) => `${level} ${view}: ${text}`)
  t.match(said, [/^bad cluster: web-3 has not answered for 1\d s/])
  for (const part of [
    /^bad refusals: \d slow clients cut off in the last minute\.$/,
    /^busy sockets: 8\.7 MB wait for clients that read too slowly\.$/,
    /^bad peers: \d+ peers failed in the last minute\.$/,
    /^busy hooks: \d+ of [\d,]+ hook calls failed in the last minute \([\d.]+ %\)\.$/,
    /^busy cluster: web-2 stands out: CPU [\d.]+ cores, others [\d.]+ cores/
  ]) {
    t.ok(
      said.some((text) => part.test(text)),
      `${part} is among ${said.join('\n')}`
    )
  }
  const rank = said.map((text) => ['bad', 'busy', 'info'].indexOf(text.split(' ')[0] ?? ''))
  t.same(rank, rank.toSorted())
})

t.test('where nothing is wrong nothing is said, and states of a cluster have their words', async (t) => {
  const data = new QuietData()
  const now = Date.now()
  const samples = data.history(now)
  t.same(await problemsOf(data.nodes(now), samples), [])
  const [node] = data.nodes(now)
  const of = async (state: string) =>
    (await problemsOf([{ ...(node as NodeRow), state }], samples)).map(({ text }) => text)
  t.match(await of('deaf'), [/^web-1 is deaf: what other nodes broadcast does not reach its clients/])
  t.match(await of('down'), [/^web-1 has lost the engine/])
  t.match(await of('draining'), [/^web-1 is draining/])
})

t.test('a lone server that is busy or late is told so, one that had a hiccup is not', async (t) => {
  const data = new QuietData()
  const now = Date.now()
  const seconds = Array.from({ length: 10 }, (_, index) => data.sample('web-1', now - (9 - index) * 1000))
  const one = seconds.map((sample, index) =>
    index === 4 ? { ...sample, loopP99Ms: 300, loopMaxMs: 300 } : sample
  )
  t.same(await problemsOf([], one), [])
  const late = seconds.map((sample) => ({ ...sample, loopP99Ms: 300, loopMaxMs: 400, cpu: 1 }))
  t.match(
    (await problemsOf([], late)).map(({ text }) => text),
    [
      /^CPU: this server uses 1\.00 cores/,
      'The event loop of this server is late: 400 ms at the worst in the last 10 s.'
    ]
  )
})

t.test('of three nodes two that are slow do not stand out, and one that is does', async (t) => {
  const data = new QuietData()
  const now = Date.now()
  const of = async (...p99s: number[]) => {
    const samples = p99s.flatMap((hookP99Ms, index) =>
      Array.from({ length: 10 }, (_, second) => ({
        ...data.sample(`web-${index + 1}`, now - second * 1000),
        hookP99Ms
      }))
    )
    const problems = await problemsOf(data.nodes(now).slice(0, p99s.length), samples)
    return problems.map(({ text }) => text).filter((text) => text.includes('stands out'))
  }
  t.same(await of(480, 340, 0.04), [])
  t.match(await of(480, 1, 0.04), [/^web-1 stands out: hook p99 480 ms, others 1\.0 ms/])
  t.match(await of(480, 1), [/^web-1 stands out/])
})

t.test('a sample counts until the next one of its node, and not for a node that is silent', async (t) => {
  const { createSamples } = await words()
  const data = new QuietData()
  const samples = createSamples()
  const now = Math.floor(Date.now() / 1000) * 1000
  const at = (node: string, ago: number) => data.sample(node, now - ago)
  samples.add([at('a', 12_000), at('b', 12_000), at('a', 9000), at('a', 6000), at('a', 3000), at('a', 0)])
  const { times, rows } = samples.timeline()
  t.equal(times.length, 13)
  t.notOk(rows.get('a')?.includes(undefined))
  t.equal(rows.get('b')?.filter((sample) => sample !== undefined).length, 5)
  samples.add([at('a', 0)])
  t.equal(samples.timeline().times.length, 13, 'what is known already is left out')
})
