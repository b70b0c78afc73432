import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { measureCase } from '../../bench/lib/measure.js'
import { programUrl } from '../../bench/lib/question.js'
import { ServerProcess } from '../../bench/lib/server-process.js'
import { isScheduledApart, runningServer, withTarget } from '../../bench/lib/target.js'
import { hookWebSocket } from '../../bench/questions/hook-websocket.js'

const plan = { launches: 1, rounds: 1, warmupMs: 0, roundMs: 20 }
const asked = { name: 'small', size: { clients: 2, inFlight: 1, bytes: 16 } }

t.test('a server that runs already gets the same load as ours', async (t) => {
  const running = await ServerProcess.start(programUrl('serve'))
  t.teardown(() => running.stop())
  const question = withTarget(hookWebSocket, `${running.url}/bench`, runningServer(undefined))
  t.same(
    question.subjects.map(({ name }) => name),
    ['ours', 'floor', 'target']
  )
  const [round] = await measureCase(question, asked, plan)
  t.ok(Number(round?.target?.operations) > 0)
  t.equal(round?.target?.cpuUs, undefined, 'what its process does is not known')
})

t.test('what a process has used is read by its id', { skip: !existsSync('/proc/self/stat') }, async (t) => {
  const usage = await runningServer(process.pid).usage()
  t.ok(Number(usage?.cpuUs) > 0)
  t.ok(Number(usage?.rssBytes) > 2 ** 20)
})

const autogroup = '/proc/sys/kernel/sched_autogroup_enabled'
const hasGroups = existsSync(autogroup) && readFileSync(autogroup, 'utf8').trim() === '1'

t.test(
  'a server of another session is known, where that makes a difference',
  { skip: !hasGroups },
  async (t) => {
    for (const detached of [false, true]) {
      const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
        detached,
        stdio: ['pipe', 'ignore', 'ignore']
      })
      await once(child, 'spawn')
      t.equal(isScheduledApart(child.pid as number), detached)
      child.kill()
      await once(child, 'exit')
    }
    t.notOk(isScheduledApart(2 ** 30), 'one that there is not')
  }
)
