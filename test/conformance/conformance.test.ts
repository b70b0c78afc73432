import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from '../fixtures/root.js'
import { buildConformanceApp } from './app/app.js'

interface CaseResult {
  id: string
  level: 'core' | 'edge'
  title: string
  ok: boolean
  what: string
  detail: string
}

const here = fileURLToPath(new URL('test/conformance/', root))

/** Cases that do not hold, each with the reason. It may only ever get shorter. */
async function expectedFailures(): Promise<Map<string, string>> {
  const text = await readFile(join(here, 'expected-failures.json'), 'utf8')
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>))
}

async function play(base: string, resultsFile: string, ...options: string[]): Promise<CaseResult[]> {
  const runner = spawn(
    process.execPath,
    [join(here, 'run.mjs'), '--base', base, '--json', resultsFile, ...options],
    { stdio: 'ignore' }
  )
  await once(runner, 'exit')
  return JSON.parse(await readFile(resultsFile, 'utf8'))
}

t.test('the conversations recorded from Phoenix are answered as Phoenix answered them', async (t) => {
  const app = await buildConformanceApp()
  t.teardown(() => app.close())
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  const resultsFile = join(t.testdir(), 'results.json')
  const expected = await expectedFailures()

  /** Cases look at windows of real time, which a busy machine stretches: what fails is played again, alone. */
  const playCase = async (result: CaseResult): Promise<CaseResult> => {
    if (result.ok || expected.has(result.id)) return result
    t.comment(`${result.id} is played again: ${result.what}`)
    const again = await play(base, resultsFile, '--only', result.id, '--jobs', '1')
    return again.find(({ id }) => id === result.id) ?? result
  }

  const results: CaseResult[] = []
  for (const result of await play(base, resultsFile)) results.push(await playCase(result))

  for (const { id, title, ok, what, detail } of results) {
    const reason = expected.get(id)
    if (reason === undefined) t.ok(ok, `${id}: ${title}`, { what, detail })
    else t.notOk(ok, `${id} is expected to differ: ${reason}`)
  }
  const ids = new Set(results.map(({ id }) => id))
  t.same(
    [...expected.keys()].filter((id) => !ids.has(id)),
    [],
    'every expected failure is a case'
  )
  const passed = results.filter(({ ok }) => ok).length
  t.comment(`${passed} of ${results.length} cases hold`)
})
