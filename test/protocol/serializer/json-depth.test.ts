import t from 'tap'
import { defineHooks } from '../../../lib/hooks/define.js'
import { makeTracked } from '../../../lib/presence/meta.js'
import { stringify } from '../../../lib/protocol/serializer/json.js'
import { isTooDeep, maxJsonDepth } from '../../../lib/protocol/serializer/json-depth.js'
import { v1 } from '../../../lib/protocol/serializer/v1.js'
import { v2 } from '../../../lib/protocol/serializer/v2.js'
import { jsonCodec } from '../../../lib/webrtc/rpc-json.js'
import { ok as joined, TestSocket } from '../../fixtures/test-socket.js'
import { failed, ok, world } from '../../hooks/helpers.js'

/** Lists and objects within each other, `levels` of them. */
function deep(levels: number): object {
  let value: unknown = 'x'
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value as object
}

/** The same as text, which some versions of Node cannot write. */
function deepText(levels: number): string {
  const pairs = levels >> 1
  return levels % 2 === 0 ? `${'{"a":['.repeat(pairs)}"x"${']}'.repeat(pairs)}` : `[${deepText(levels - 1)}]`
}

/** Just too deep; too deep for JSON.stringify on some versions of Node; and on all but the newest. */
const tooMany = [maxJsonDepth + 1, 4300, 100_000]

t.test('levels are counted, and not what looks like them', async (t) => {
  t.notOk(isTooDeep(deepText(maxJsonDepth)))
  for (const levels of tooMany) t.ok(isTooDeep(deepText(levels)), `${levels}`)
  t.ok(isTooDeep(`{"b":[[],{},"]"],"a":${deepText(maxJsonDepth)}}`))
  t.ok(isTooDeep('[ '.repeat(maxJsonDepth + 1) + ' ]'.repeat(maxJsonDepth + 1)))

  const many = '[['.repeat(maxJsonDepth)
  for (const flat of [
    many,
    `\\${many}`,
    `"${many}`,
    `\\"${many}`,
    `${many}\\\\`,
    `${'\\"'.repeat(40)}${many}"`
  ]) {
    t.notOk(isTooDeep(JSON.stringify({ [flat]: flat })), flat.slice(0, 20))
    t.ok(isTooDeep(`[${JSON.stringify(flat)},${deepText(maxJsonDepth)}]`))
  }
  t.notOk(isTooDeep(JSON.stringify(Array.from({ length: 2000 }, () => [{ a: [] }]))))
  t.notOk(isTooDeep(`"${many}`), 'a text that does not end')
})

t.test('a message that is too deep is malformed', async (t) => {
  t.ok(v2.decode(Buffer.from(`["1","2","a","x",${deepText(maxJsonDepth - 1)}]`), false))
  for (const levels of tooMany) {
    const payload = deepText(levels)
    const malformed = { code: 'PHX_ERR_SERIALIZER_DECODE' }
    t.throws(() => v2.decode(Buffer.from(`["1","2","a","x",${payload}]`), false), malformed)
    const frame = `{"topic":"a","event":"x","ref":"1","payload":${payload}}`
    t.throws(() => v1.decode(Buffer.from(frame), false), malformed)
    t.equal(jsonCodec.decode(`{"type":"call_hook","plugin":"p","fn":"f","args":[${payload}]}`), undefined)

    const client = new TestSocket({ channels: { '*': { join: () => joined, handleIn: { say: () => {} } } } })
    client.join('a')
    client.socket.receive(Buffer.from(`["1","2","a","say",${payload}]`), false)
    t.same(client.transport.closes, [1011])
  }
})

t.test('what the application sends has at most as many levels', async (t) => {
  t.equal(stringify(deep(maxJsonDepth)), deepText(maxJsonDepth))
  const refs = { phx_ref: '1' }
  for (const levels of tooMany) {
    t.throws(() => stringify(deep(levels)), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
    t.throws(() => makeTracked('a', 'k', { meta: deep(levels) }, refs), { code: 'PHX_ERR_PRESENCE_META' })
  }
})

t.test('so has the result of a hook, with a schema and without', async (t) => {
  let levels = maxJsonDepth
  const free = () => deep(levels)
  const plugin = defineHooks('demo', { free, checked: free }, { schemas: { checked: { reply: {} } } })
  const { call, log } = world([plugin])
  for (const fn of ['free', 'checked']) t.strictSame(call(fn), ok(deepText(levels)), fn)
  for (levels of tooMany) {
    for (const fn of ['free', 'checked']) t.strictSame(call(fn), failed('result_not_json_encodable'), fn)
  }
  t.equal(log.lines.length, 2 * tooMany.length)
})
