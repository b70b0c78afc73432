import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import type { HookCall } from '../../lib/hooks/types.js'
import { ok, request, world } from './helpers.js'

t.test('a hook gets to know who calls, and over what', async (t) => {
  const plugin = defineHooks('demo', {
    who: ({ userId, assigns, topic, transport }: HookCall) => ({ userId, assigns, topic, transport })
  })
  const { session } = world([plugin])
  for (const transport of ['websocket', 'longpoll', 'datachannel'] as const) {
    const expected = { userId: 'alice', assigns: { role: 'mage' }, topic: 'user:alice', transport }
    t.strictSame(session.call({ ...request('demo', 'who'), transport }), ok(JSON.stringify(expected)))
  }
})

t.test('a hook pushes to its caller and logs, as method or taken apart', async (t) => {
  const plugin = defineHooks('demo', {
    method(call) {
      call.push('hello', { n: 1 })
      call.sendData('events', 'text', { dropStale: 'position' })
      call.log.warn({ n: 1 }, 'noted')
    },
    apart({ push, sendData }) {
      push('hello', { n: 2 })
      sendData('events', new Uint8Array([2]))
    }
  })
  const { call, pushed, log } = world([plugin])
  call('method')
  call('apart')
  t.strictSame(pushed, [
    ['push', 'hello', { n: 1 }],
    ['sendData', 'events', 'text', { dropStale: 'position' }],
    ['push', 'hello', { n: 2 }],
    ['sendData', 'events', new Uint8Array([2]), undefined]
  ])
  t.match(log.lines, [{ message: 'noted' }])
})

t.test('the functions of a plugin reach each other through this', async (t) => {
  const plugin = defineHooks('demo', {
    double(_call, n: number) {
      return n * 2
    },
    quadruple(call, n: number): number {
      return this.double(call, this.double(call, n))
    }
  })
  t.strictSame(world([plugin]).call('quadruple', 2), ok('8'))
})
