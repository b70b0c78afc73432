import { createHistogram } from 'node:perf_hooks'
import t from 'tap'
import { measureCase, planFor } from '../../bench/lib/measure.js'
import { readOptions } from '../../bench/lib/options.js'
import type { Question, Subject } from '../../bench/lib/question.js'

const plan = { launches: 2, rounds: 2, warmupMs: 0, roundMs: 1 }

/** Servers that count their loads, each of which tells of how many were there with it. */
function question(names: string[]): Question & { atOnce: number[]; began: string[] } {
  const atOnce: number[] = []
  const began: string[] = []
  let there = 0
  const subject = (name: string): Subject => ({
    name,
    what: name,
    mount: '',
    running: { url: '', usage: async () => undefined, stop: async () => {} },
    async open() {
      there++
      began.push(name)
      return {
        async run() {
          atOnce.push(there)
          return { operations: 1, seconds: 1 }
        },
        close() {
          there--
        }
      }
    }
  })
  const subjects = names.map(subject)
  const texts = { name: 'q', title: 'Q', operation: 'a thing', dimension: 'size' }
  return { ...texts, figures: [], subjects, cases: [], atOnce, began }
}

t.test('servers are there side by side, and each round has them all', async (t) => {
  const asked = question(['one', 'two'])
  const rounds = await measureCase(asked, { name: 'small', size: {} }, plan)
  t.same(
    rounds.map((round) => Object.keys(round).sort()),
    Array(4).fill(['one', 'two'])
  )
  t.same(new Set(asked.atOnce), new Set([2]))
})

t.test('servers of a load that is too large are there one after the other, and take turns', async (t) => {
  const asked = question(['one', 'two'])
  const rounds = await measureCase(asked, { name: 'large', size: {}, apart: true }, plan)
  t.same(
    rounds.map((round) => Object.keys(round).sort()),
    Array(4).fill(['one', 'two'])
  )
  t.same(new Set(asked.atOnce), new Set([1]))
  t.same(asked.began, ['one', 'two', 'two', 'one'])
})

t.test('where nothing was done there is neither a latency nor CPU time for it', async (t) => {
  const asked = question(['one'])
  const usage = async () => ({ cpuUs: 5, rssBytes: 0, threads: 1, files: 1 })
  const idle: Subject = {
    ...(asked.subjects[0] as Subject),
    running: { url: '', usage, stop: async () => {} },
    async open() {
      return { run: async () => ({ operations: 0, seconds: 1, latency: createHistogram() }), close() {} }
    }
  }
  const [round] = await measureCase({ ...asked, subjects: [idle] }, { name: 'small', size: {} }, plan)
  t.same(round?.one, { operations: 0, perSecond: 0, rssMiB: 0 })
})

t.test('what is chosen holds for cases without a target, too', async (t) => {
  const asked = question(['one'])
  const one = { name: 'one', size: {} }
  const usual = readOptions([])?.plan ?? plan
  t.ok(planFor(asked, one, usual).rounds < usual.rounds)
  const chosen = readOptions(['--rounds', '20', '--launches', '5'])?.plan ?? plan
  t.match(planFor(asked, one, chosen), { launches: 5, rounds: 20 })
})

t.test('what a subject starts for a case is measured, and one that starts nothing is left out', async (t) => {
  const asked = question(['one', 'two'])
  const [one, two] = asked.subjects as [Subject, Subject]
  const sizes: object[] = []
  const stopped: string[] = []
  const starting = {
    ...one,
    async start(size: object) {
      sizes.push(size)
      return { url: '', usage: async () => undefined, stop: async () => stopped.push('one') }
    }
  }
  const subjects = [starting, { ...two, start: async () => undefined }]
  const rounds = await measureCase({ ...asked, subjects }, { name: 'small', size: { of: 1 } }, plan)
  t.same(sizes, [{ of: 1 }, { of: 1 }], 'once for each launch')
  t.equal(stopped.length, plan.launches)
  for (const round of rounds) t.same(Object.keys(round), ['one'])
})
