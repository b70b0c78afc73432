import t from 'tap'
import { demoHooks } from '../../lib/server/demo-hooks.js'
import { failed, ok, request, world } from '../hooks/helpers.js'

t.test('echo answers what it was sent', async (t) => {
  const { call } = world([demoHooks()])
  t.strictSame(call('echo', { a: [1, null, 'x'] }), ok('{"a":[1,null,"x"]}'))
  t.strictSame(call('echo'), ok('null'))
})

t.test('add takes two numbers', async (t) => {
  const { call } = world([demoHooks()])
  t.strictSame(call('add', 1, 2.5), ok('3.5'))
  t.strictSame(call('add', '1', 2), failed('invalid_args'))
  t.strictSame(call('add', 1), failed('invalid_args'))
})

t.test('whoami tells user and transport', async (t) => {
  const { session } = world([demoHooks()])
  const result = session.call({ ...request('demo', 'whoami'), transport: 'datachannel' })
  t.strictSame(result, ok('{"user_id":"alice","transport":"datachannel"}'))
})

t.test('time is in milliseconds', async (t) => {
  const before = Date.now()
  const result = await world([demoHooks()]).call('time')
  t.ok(result.ok)
  const time = result.ok ? JSON.parse(result.json) : 0
  t.ok(before <= time && time <= Date.now())
})
