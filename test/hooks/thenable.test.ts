// biome-ignore-all lint/suspicious/noThenProperty: thenables are what is tested
import t from 'tap'
import { defineHooks } from '../../lib/hooks/define.js'
import { failed, ok, world } from './helpers.js'

t.test('thenables count as promises, however badly they behave', async (t) => {
  type Settle = (value: unknown) => void
  const thenable = (then: (resolve: Settle, reject: Settle) => void) => () => ({ then })
  const lying = () => Object.assign(Promise.resolve(1), { then: thenable })
  const plugin = defineHooks('demo', {
    good: thenable((resolve) => resolve(1)),
    nested: thenable((resolve) => resolve({ then: (inner: Settle) => inner(2) })),
    throws: thenable(() => {
      throw new Error('then')
    }),
    twice: thenable((resolve, reject) => {
      resolve(3)
      reject(new Error('twice'))
      resolve(4)
    }),
    throwsLate: thenable((resolve) => {
      resolve(5)
      throw new Error('late')
    }),
    rejects: thenable((_resolve, reject) => reject(undefined)),
    getter: () => ({
      get then() {
        throw new Error('getter')
      }
    }),
    lying,
    callable: () => Object.assign(() => {}, { then: (resolve: Settle) => resolve(6) }),
    noThenable: () => ({ then: 7 })
  })
  const { call, caller } = world([plugin])
  t.strictSame(await call('good'), ok('1'))
  t.strictSame(await call('nested'), ok('2'))
  t.strictSame(await call('throws'), failed('internal_error'))
  t.strictSame(await call('twice'), ok('3'))
  t.strictSame(await call('throwsLate'), ok('5'))
  t.strictSame(await call('rejects'), failed('internal_error'))
  t.strictSame(await call('getter'), failed('internal_error'))
  t.strictSame(await call('lying'), ok('1'))
  t.strictSame(await call('callable'), ok('6'))
  t.strictSame(await call('noThenable'), ok('{"then":7}'))
  t.equal(caller.budget.callsInFlight, 0)
})
