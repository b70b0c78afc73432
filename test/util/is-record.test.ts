import { runInNewContext } from 'node:vm'
import t from 'tap'
import { describe } from '../../lib/util/describe.js'
import { isRecord } from '../../lib/util/is-record.js'
import { unlookable } from '../fixtures/unlookable.js'

class Own {
  readonly name = 'alice'
}

class Tagged {
  readonly [Symbol.toStringTag] = 'User'
}

t.test('a record is plain, of a class of the application, or what a module exports', async (t) => {
  const module = await import('../../lib/util/is-object.js')
  // biome-ignore lint/suspicious/noThenProperty: an event may be called so
  const handlers = { then() {} }
  for (const value of [
    {},
    Object.create(null),
    new Own(),
    new Tagged(),
    runInNewContext('({})'),
    module,
    handlers
  ]) {
    t.ok(isRecord(value))
    t.equal(describe(value), value === handlers ? 'a promise' : 'an object')
  }
})

t.test('what JavaScript and Node have classes for is no record, whoever extends it', async (t) => {
  class Refused extends Error {}
  class Names extends Map {}
  const others: [value: unknown, what: string][] = [
    [new Refused(), 'an Error'],
    [runInNewContext('new TypeError()'), 'an Error'],
    [new Names(), 'a Map'],
    [new Set(), 'a Set'],
    [new Date(), 'a Date'],
    [/x/, 'a RegExp'],
    [new Uint8Array(1), 'a Uint8Array'],
    [new ArrayBuffer(1), 'an ArrayBuffer'],
    [new URL('http://a.example'), 'a URL'],
    [new URLSearchParams(), 'a URLSearchParams'],
    [Promise.resolve(), 'a promise'],
    [[], 'an array'],
    [null, 'null'],
    ['text', 'a string'],
    [Own, 'a class'],
    [() => {}, 'a function']
  ]
  for (const [value, what] of others) {
    t.notOk(isRecord(value), what)
    t.equal(describe(value), what)
  }
})

t.test('a promise of a library of its own is no record', async (t) => {
  class Query {
    // biome-ignore lint/suspicious/noThenProperty: that is what it is about
    then() {}
  }
  t.notOk(isRecord(new Query()))
})

t.test('what throws when it is looked at can still be described', async (t) => {
  t.equal(describe(unlookable), 'an object')
})
