import t from 'tap'
import { parseQuery } from '../../lib/transport/query.js'

const plain = (query: string): unknown => JSON.parse(JSON.stringify(parseQuery(query)))

t.test('names and values are taken in pairs', async (t) => {
  t.same(plain('a=1&b=two'), { a: '1', b: 'two' })
  t.same(plain(''), {})
  t.same(plain('&&a=1&'), { a: '1' })
})

t.test('the last of several values counts', async (t) => {
  t.same(plain('token=mine&token=theirs'), { token: 'theirs' })
})

t.test('a name without a value is empty, and a value may hold equals signs', async (t) => {
  t.same(plain('a&b=&c=d=e'), { a: '', b: '', c: 'd=e' })
})

t.test('escapes are decoded in names and values, after they were taken apart', async (t) => {
  t.same(plain('a%20b=c+d&e=%26%3D&%C3%A4=%e2%82%ac'), { 'a b': 'c d', e: '&=', ä: '€' })
})

t.test('a percent sign that starts no escape is kept', async (t) => {
  t.same(plain('a=100%&b=%zz&c=%4'), { a: '100%', b: '%zz', c: '%4' })
})

t.test('what is not UTF-8 is refused', async (t) => {
  for (const query of ['a=%ff', '%c3=1', 'a=%ed%a0%80']) {
    t.throws(() => parseQuery(query), { code: 'PHX_ERR_SOCKET_QUERY', statusCode: 400 })
  }
})

t.test('brackets nest, and empty ones list', async (t) => {
  t.same(plain('user[name]=a&user[role]=b'), { user: { name: 'a', role: 'b' } })
  t.same(plain('ids[]=1&ids[]=2'), { ids: ['1', '2'] })
  t.same(plain('u[a][b][]=1&u[a][b][]=2'), { u: { a: { b: ['1', '2'] } } })
  t.same(plain('l[][a]=1&l[][a]=2'), { l: [{ a: '1' }, { a: '2' }] })
})

t.test('a name of another kind than before replaces what was there', async (t) => {
  t.same(plain('a=1&a[b]=2'), { a: { b: '2' } })
  t.same(plain('a[b]=2&a=1'), { a: '1' })
  t.same(plain('a[]=1&a[b]=2'), { a: { b: '2' } })
})

t.test('brackets that do not close, or open nothing, are part of the name', async (t) => {
  t.same(plain('a[b=1&[c]=2&d]=3'), { 'a[b': '1', '[c]': '2', 'd]': '3' })
})

t.test('names of prototypes are names like any other, and change no prototype', async (t) => {
  const params = parseQuery('__proto__[admin]=1&constructor[prototype][admin]=1&a[__proto__][admin]=1')
  t.same(Object.keys(params), ['__proto__', 'constructor', 'a'])
  t.equal(Object.getPrototypeOf(params), null)
  t.equal(({} as { admin?: string }).admin, undefined)
})

t.test('nesting has an end', async (t) => {
  const deep = `a${'[b]'.repeat(5000)}`
  t.same(Object.keys(parseQuery(`${deep}=1`)), [deep])
})
