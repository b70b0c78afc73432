import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { describeEnvironment } from '../../bench/lib/environment.js'
import { emptyResult, loadResults, saveResult } from '../../bench/lib/results.js'
import { broadcast } from '../../bench/questions/broadcast.js'
import { presence } from '../../bench/questions/presence.js'

const plan = { launches: 1, rounds: 1, warmupMs: 1, roundMs: 1 }
const results = [broadcast, presence].map((question) =>
  emptyResult(question as never, plan, describeEnvironment())
)

function folderWith(t: { testdir(content: Record<string, string>): string }): URL {
  return pathToFileURL(`${t.testdir({})}/`)
}

t.test('results are read in the order of the names, and those that are not kept are left out', async (t) => {
  const folder = folderWith(t)
  for (const result of results) saveResult(folder, result)
  const read = loadResults(folder, ['presence', 'state', 'broadcast'])
  t.same(
    read.map(({ name }) => name),
    ['presence', 'broadcast']
  )
})

const strangers = {
  'that is older': '{"name":"broadcast","title":"Broadcast","cases":[]}',
  'of another question': JSON.stringify({ ...results[0], name: 'presence' }),
  'that is no JSON': '{"name":',
  'that is null': 'null'
}

for (const [what, text] of Object.entries(strangers)) {
  t.test(`a file ${what} is named, and what to do with it`, async (t) => {
    const folder = folderWith(t)
    writeFileSync(new URL('broadcast.json', folder), text)
    t.throws(() => loadResults(folder, ['broadcast']), {
      message: /broadcast\.json is no result of this version of the benchmark: remove it/
    })
  })
}
