import t from 'tap'
import { oneLine } from '../../lib/log/one-line.js'

t.test('whatever was thrown becomes one short line', async (t) => {
  t.equal(oneLine(new Error('a\n  b\tc\n')), 'a b c')
  t.equal(oneLine(new TypeError('')), 'TypeError')
  t.equal(oneLine('text'), 'text')
  t.equal(oneLine(undefined), 'undefined')
  t.equal(oneLine(Symbol('x')), 'Symbol(x)')
  t.equal(oneLine(Object.create(null)), 'something that cannot be described')
  t.equal(oneLine('x'.repeat(301)), `${'x'.repeat(300)}...`)
})

t.test('what somebody else said does not steer the terminal', async (t) => {
  t.equal(oneLine(new Error('\u001b]0;owned\u0007 \u009b31m')), '\\u001b]0;owned\\u0007 \\u009b31m')
  t.equal(oneLine('a\u202eb\u2066c\u200fd'), 'a\\u202eb\\u2066c\\u200fd', 'nor turns it around')
  t.equal(oneLine('a\u2028b\u0085c'), 'a b\\u0085c', 'nor begins another line')
  t.equal(oneLine('\ud800 \u{e0041} \u007f'), '\\ud800 \\udb40\\udc41 \\u007f')
  t.equal(oneLine('\u00e9 \u65e5 \u{1f600}'), '\u00e9 \u65e5 \u{1f600}', 'text is left as it is')
  t.equal(oneLine(`${'x'.repeat(299)}\u{1f600}`), `${'x'.repeat(299)}...`, 'no half of a character')
})
