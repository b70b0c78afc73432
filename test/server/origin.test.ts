import t from 'tap'
import { isLoopbackHost } from '../../lib/server/loopback.js'
import { createOriginCheck, isOriginPattern } from '../../lib/server/origin.js'

t.test('a request without an origin passes', async (t) => {
  t.ok(createOriginCheck(undefined, '0.0.0.0')(undefined, 'example.com'))
  t.ok(createOriginCheck(['https://example.com'], '0.0.0.0')(undefined, 'example.com'))
})

t.test("without a list the request's own host passes, whatever the port", async (t) => {
  const allows = createOriginCheck(undefined, '0.0.0.0')
  t.ok(allows('http://example.com:4000', 'example.com:4000'))
  t.ok(allows('https://example.com', 'example.com:4000'))
  t.ok(allows('http://[2001:db8::1]:4000', '[2001:db8::1]:4000'))
  t.notOk(allows('http://sub.example.com', 'example.com'))
  t.notOk(allows('http://example.com.evil.example', 'example.com'))
  t.notOk(allows('http://localhost:4000', 'example.com'))
  t.notOk(allows('null', 'example.com'))
  t.notOk(allows('nonsense', 'example.com'))
  t.notOk(allows('http://example.com', undefined))
  t.notOk(allows('http://example.com', 'not a host'))
})

t.test('on a loopback host any loopback host passes too', async (t) => {
  const allows = createOriginCheck(undefined, '127.0.0.1')
  for (const host of ['localhost:3000', '127.0.0.1:1', '127.1.2.3', '[::1]:5173', 'app.localhost']) {
    t.ok(allows(`http://${host}`, '127.0.0.1:4000'), host)
  }
  t.notOk(allows('http://evil.example', '127.0.0.1:4000'))
  t.notOk(allows('http://localhost.evil.example', '127.0.0.1:4000'))
  t.notOk(allows('http://127.0.0.1.evil.example', '127.0.0.1:4000'))
})

t.test('a list matches as the check_origin of Phoenix does', async (t) => {
  const list = ['//example.com', 'https://secure.example:8443', 'http://plain.example', '//*.wild.example']
  const allows = createOriginCheck(list, '127.0.0.1')
  for (const origin of [
    'https://example.com',
    'http://example.com:1234',
    'ws://example.com',
    'https://secure.example:8443',
    'http://plain.example',
    'https://a.wild.example',
    'https://a.b.wild.example:99'
  ]) {
    t.ok(allows(origin, 'anything'), origin)
  }
  for (const origin of [
    'https://sub.example.com',
    'https://example.com.evil.example',
    'https://secure.example',
    'http://secure.example:8443',
    'https://secure.example:8444',
    'https://plain.example',
    'http://plain.example:8080',
    'https://wild.example',
    'https://evilwild.example',
    'http://localhost',
    'null'
  ]) {
    t.notOk(allows(origin, 'localhost'), origin)
  }
})

t.test('a default port can be written or left out', async (t) => {
  const allows = createOriginCheck(['https://a.example:443', '//b.example:80'], '127.0.0.1')
  t.ok(allows('https://a.example', undefined))
  t.ok(allows('http://b.example', undefined))
  t.notOk(allows('https://b.example', undefined))
})

t.test('patterns are told from what is none', async (t) => {
  for (const good of ['https://a.example', '//a.example', '//*.a.example:80', 'http://[::1]:4000']) {
    t.ok(isOriginPattern(good), good)
  }
  for (const bad of ['', '*', 'a.example', 'https://', 'https://a/b', '//a:b', '//a b', '//u@a', '//a.*.b']) {
    t.notOk(isOriginPattern(bad), bad)
  }
})

t.test('loopback hosts are known by name and by address', async (t) => {
  for (const host of ['localhost', 'LOCALHOST', 'x.localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]']) {
    t.ok(isLoopbackHost(host), host)
  }
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', 'localhost.example', 'mylocalhost', '128.0.0.1']) {
    t.notOk(isLoopbackHost(host), host)
  }
})
