import { enterUser, keepAlive, userTopic } from '../lib/clients.js'
import { connectWebSocket } from '../lib/hook-client.js'
import { type ConnectHookClient, type HookSize, hookCase, hookLoad } from '../lib/hook-load.js'
import { ours, programUrl, type Question } from '../lib/question.js'

/** As `connectWebSocket`, and each call has a key of its own. */
const connectWithKeys: ConnectHookClient = async (url, userId, value) => {
  const connection = await enterUser(url, userId)
  const release = keepAlive([connection])
  const head = JSON.stringify({ plugin: 'demo', fn: 'echo', args: [value] }).slice(0, -1)
  let keys = 0
  return {
    call(answered) {
      const payload = `${head},"key":"0123456789abcdef${++keys}"}`
      connection.push(userTopic(userId), 'call_hook', payload, (answer) => {
        const isRight = answer.response.data === value
        answered(isRight ? undefined : new Error(`the hook answered: ${JSON.stringify(answer.response)}`))
      })
    },
    close() {
      release()
      return connection.close()
    }
  }
}

const server = { ...ours, program: programUrl('serve-once') }

export const once: Question<HookSize> = {
  name: 'once',
  title: 'What it costs a hook call to run once',
  operation: 'a call',
  dimension: 'clients x in flight, argument',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'rssMiB'],
  subjects: [
    { ...server, name: 'once', what: 'calls with a key over the WebSocket', open: hookLoad(connectWithKeys) },
    { ...server, name: 'off', what: 'the same without', open: hookLoad(connectWebSocket) }
  ],
  cases: [hookCase(50, 8, 16, { quick: true }), hookCase(50, 8, 1024)]
}
