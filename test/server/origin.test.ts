import t from 'tap'
import { defaultOrigins } from '../../lib/server/default-origins.js'
import { originCheck } from '../../lib/transport/origin.js'
import { isLoopbackHost } from '../../lib/util/loopback.js'

function checkOf(host: string): (origin: string | undefined, requestHost: string) => boolean {
  const check = originCheck(defaultOrigins(host), undefined)
  return (origin, requestHost) =>
    check(origin, () => ({ scheme: 'http', host: requestHost, port: 4000 })) === undefined
}

t.test("the request's own host passes, whatever the port", async (t) => {
  const allows = checkOf('0.0.0.0')
  t.ok(allows(undefined, 'example.com'))
  t.ok(allows('http://example.com:4000', 'example.com'))
  t.ok(allows('https://example.com', 'example.com'))
  t.notOk(allows('http://sub.example.com', 'example.com'))
  t.notOk(allows('http://example.com.evil.example', 'example.com'))
  t.notOk(allows('http://localhost:4000', 'example.com'))
  t.notOk(allows('null', 'example.com'))
})

t.test('on a loopback host any loopback host passes too', async (t) => {
  const allows = checkOf('127.0.0.1')
  for (const host of ['localhost:3000', '127.0.0.1:1', '127.1.2.3', '[::1]:5173', 'app.localhost']) {
    t.ok(allows(`http://${host}`, '127.0.0.1'), host)
  }
  t.ok(allows('https://demo.example', 'demo.example'), 'the own host, as behind a proxy')
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    t.notOk(allows(`http://${host}`, '127.0.0.1'), host)
  }
  t.notOk(allows('null', '127.0.0.1'))
})

t.test('loopback hosts are known by name and by address', async (t) => {
  for (const host of [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'x.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1'
  ]) {
    t.ok(isLoopbackHost(host), host)
  }
  for (const host of [
    '',
    '.localhost',
    'localhost..',
    'a b.localhost',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'localhost.example',
    'mylocalhost',
    '128.0.0.1',
    '::ffff:10.0.0.1'
  ]) {
    t.notOk(isLoopbackHost(host), host)
  }
})
