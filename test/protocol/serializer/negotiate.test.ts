import t from 'tap'
import { negotiate, negotiator } from '../../../lib/protocol/serializer/negotiate.js'
import { v1 } from '../../../lib/protocol/serializer/v1.js'
import { v2 } from '../../../lib/protocol/serializer/v2.js'

const choose = (vsn: unknown) => negotiate(vsn, [v1, v2])

t.test('a client that names no version speaks version 1', async (t) => {
  t.equal(choose(undefined), v1)
})

t.test('every patch level of a version is taken', async (t) => {
  for (const vsn of ['1.0.0', '1.0.7', '1.0.0+build.5']) t.equal(choose(vsn), v1, vsn)
  for (const vsn of ['2.0.0', '2.0.99', '2.0.1-rc.1']) t.equal(choose(vsn), v2, vsn)
})

t.test('other versions are refused, and what comes before a release is below it', async (t) => {
  for (const vsn of ['2.1.0', '3.0.0', '0.9.0', '1.1.0', '2.0.0-rc.1']) t.equal(choose(vsn), undefined, vsn)
})

t.test('what is no semantic version is refused', async (t) => {
  for (const vsn of [
    '',
    '2',
    '2.0',
    '2.0.0.0',
    'v2.0.0',
    '02.0.0',
    '2.0.0-',
    '2.0.0 ',
    ' 2.0.0',
    '2.0.0-01',
    'x'
  ]) {
    t.equal(choose(vsn), undefined, vsn)
  }
})

t.test('what is no text is refused', async (t) => {
  for (const vsn of [null, 2, ['2.0.0'], { '2.0.0': '' }]) t.equal(choose(vsn), undefined)
})

t.test('a very long version is refused before it is looked at', async (t) => {
  t.equal(choose(`2.0.0-${'1'.repeat(100_000)}`), undefined)
})

t.test('a version that the mount does not speak is refused', async (t) => {
  t.equal(negotiate('1.0.0', [v2]), undefined)
  t.equal(negotiate(undefined, [v2]), undefined)
})

t.test('clients of several versions, one after the other, each get theirs', async (t) => {
  const choose = negotiator([v1, v2])
  for (const [vsn, serializer] of [
    [undefined, v1],
    ['2.0.0', v2],
    ['2.0.0', v2],
    ['3.0.0', undefined],
    ['3.0.0', undefined],
    ['2.0.0', v2],
    ['1.0.0', v1],
    [undefined, v1]
  ] as const) {
    t.equal(choose(vsn), serializer, String(vsn))
  }
})
