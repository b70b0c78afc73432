import t from 'tap'
import { oneLine } from '../lib/one-line.js'

t.test('whatever was thrown becomes one short line', async (t) => {
  t.equal(oneLine(new Error('a\n  b\tc\n')), 'a b c')
  t.equal(oneLine(new TypeError('')), 'TypeError')
  t.equal(oneLine('text'), 'text')
  t.equal(oneLine(undefined), 'undefined')
  t.equal(oneLine(Symbol('x')), 'Symbol(x)')
  t.equal(oneLine(Object.create(null)), 'something that cannot be described')
  t.equal(oneLine('x'.repeat(301)), `${'x'.repeat(300)}...`)
})
