import t from 'tap'
import type { SurveyResult } from '../../lib/cluster/surveys.js'
import type { DashboardHost } from '../../lib/dashboard/host.js'
import { type FullLook, type ListName, readLook } from '../../lib/dashboard/look.js'
import { Nodes } from '../../lib/dashboard/nodes.js'
import { readPage } from '../../lib/dashboard/pages.js'
import type { Reports } from '../../lib/dashboard/reports.js'

interface Question {
  readonly name: string
}

/** Two nodes, of which `away` gives no answer to a question. */
function twoNodes({ away, now = () => 0 }: { away: (name: string) => boolean; now?: () => number }): Nodes {
  const part = (node: string, name: string) => {
    const row = { ref: `${node}/1`, topic: 'room:1', members: 1, members100: [] }
    const value = name.endsWith('find')
      ? { total: 1, found: [[1, name === 'topics.find' ? 'room:1' : 1]] }
      : [row]
    return { node, value: { node, value, costMs: 1 } }
  }
  const surveys = {
    on: () => () => {},
    async ask(_survey: string, { name }: Question, _options: object, isEnough: (value: unknown) => boolean) {
      const answers = ['a', ...(away(name) ? [] : ['b'])].map((node) => part(node, name))
      for (const { value } of answers) isEnough(value)
      return { answers, failed: [], silent: away(name) ? ['b'] : [] } satisfies SurveyResult
    }
  }
  const cluster = { members: { names: () => ['b'], listen: () => () => {} } }
  const host = { surveys, endpoint: { node: 'a', cluster }, clock: { now, date: now } }
  return new Nodes({ host: host as unknown as DashboardHost, reports: {} as Reports })
}

const look = (list: ListName): FullLook => readLook(list, {}) as FullLook

for (const list of ['sockets', 'peers', 'topics'] as const) {
  for (const question of ['find', 'rows']) {
    t.test(`${list} are named as partial where a node missed ${question} alone`, async (t) => {
      const nodes = twoNodes({ away: (name) => name === `${list}.${question}` })
      t.same((await readPage(nodes, list, look(list))).body.silent, ['b'])
    })
  }
}

t.test('a node that answers another question meanwhile is missing all the same', async (t) => {
  const nodes = twoNodes({ away: (name) => name === 'hooks' })
  const [hooks] = await Promise.all([nodes.ask('hooks', {}), nodes.ask('ping', {}), nodes.ask('ping', {})])
  t.same(hooks.silent, ['b'])
})

t.test('silence counts from the last answer', async (t) => {
  let [now, isAway] = [1000, false]
  const nodes = twoNodes({ away: () => isAway, now: () => now })
  await nodes.ask('ping', {})
  now = 2000
  isAway = true
  await nodes.ask('ping', {})
  t.same([...nodes.silent], [['b', { since: 1000, state: 'silent' }]])
})
