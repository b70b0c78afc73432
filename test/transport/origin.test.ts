import t from 'tap'
import { type CheckOrigin, hostProblem, originCheck, originProblem } from '../../lib/transport/origin.js'

const target = { scheme: 'http', host: 'app.example', port: 4000 }

function accepts(option: CheckOrigin, origin: string | undefined, ownHost?: string): boolean {
  return originCheck(option, ownHost)(origin, () => target) === undefined
}

t.test('a request without an origin comes from no page and passes', async (t) => {
  for (const option of [true, false, 'conn', [], () => false] as const) t.ok(accepts(option, undefined))
})

t.test('false lets every origin pass, true those of the own host', async (t) => {
  t.ok(accepts(false, 'https://evil.example'))
  t.ok(accepts(true, 'https://app.example:8443'))
  t.notOk(accepts(true, 'http://evil.example'))
})

t.test('a configured host takes the place of the one in the request', async (t) => {
  t.ok(accepts(true, 'https://public.example', 'public.example'))
  t.notOk(accepts(true, 'http://app.example:4000', 'public.example'))
})

t.test('conn wants scheme, host and port of the request', async (t) => {
  t.ok(accepts('conn', 'http://app.example:4000'))
  for (const other of ['https://app.example:4000', 'http://app.example', 'http://x.example:4000']) {
    t.notOk(accepts('conn', other), other)
  }
  const tls = { scheme: 'https', host: 'a.example', port: 443 }
  t.equal(
    originCheck('conn', undefined)('https://a.example', () => tls),
    undefined
  )
})

t.test('an entry of a list counts for what it says', async (t) => {
  const list = ['//any.example', 'https://tls.example', 'http://dev.example:3000']
  for (const origin of [
    'http://any.example',
    'https://any.example:1',
    'https://tls.example:443',
    'http://dev.example:3000'
  ]) {
    t.ok(accepts(list, origin), origin)
  }
  for (const origin of [
    'http://tls.example',
    'https://tls.example:444',
    'http://dev.example',
    'http://evil.example'
  ]) {
    t.notOk(accepts(list, origin), origin)
  }
})

t.test('a wildcard is its domain and everything below it, and nothing that just ends alike', async (t) => {
  const list = ['//*.wild.example']
  for (const host of ['wild.example', 'a.wild.example', 'a.b.wild.example'])
    t.ok(accepts(list, `http://${host}`))
  for (const host of ['notwild.example', 'wild.example.evil', 'example'])
    t.notOk(accepts(list, `http://${host}`))
})

t.test('a function decides, by nothing but true', async (t) => {
  t.ok(accepts(({ host, port }) => host === 'a.example' && port === 443, 'https://a.example'))
  t.notOk(accepts(() => false, 'https://a.example'))
})

t.test(
  'a function that returns neither true nor false refuses, and the words say what it returned',
  async (t) => {
    const returned: [value: unknown, what: string][] = [
      [Promise.resolve(true), 'a promise'],
      [Promise.reject(new Error('unhandled')), 'a promise'],
      [undefined, 'undefined'],
      ['yes', 'a string'],
      [1, 'a number']
    ]
    for (const [value, what] of returned) {
      const check = originCheck((() => value) as () => boolean, undefined)
      t.match(
        check('https://a.example', () => target),
        new RegExp(`synchronously: it returned ${what}$`)
      )
    }
  }
)

t.test('a refusal says what the origin would have to be', async (t) => {
  const words: [option: CheckOrigin, ownHost: string | undefined, wanted: string][] = [
    [true, undefined, 'the host app.example of the request'],
    [true, 'public.example', 'the host public.example'],
    ['conn', undefined, 'http://app.example:4000'],
    [['//a.example', '//b.example'], undefined, '//a.example, //b.example'],
    [() => false, undefined, 'what the function checkOrigin accepts']
  ]
  for (const [option, ownHost, wanted] of words) {
    t.equal(
      originCheck(option, ownHost)('http://evil.example', () => target),
      wanted
    )
  }
})

t.test('what is no origin is refused', async (t) => {
  const garbage = ['null', '', 'app.example', 'http://', '/app.example', '//', 'http:app.example']
  for (const origin of [...garbage, 'http://user@app.example', 'http://app.example:port', 'http://[::1']) {
    t.notOk(accepts(true, origin), origin)
    t.notOk(accepts([`//app.example`], origin), origin)
  }
})

t.test(
  'what follows the host decides nothing, and a scheme may be missing where none is asked for',
  async (t) => {
    for (const origin of ['http://app.example/path?a#b', 'http://app.example/', '//app.example']) {
      t.ok(accepts(true, origin), origin)
      t.ok(accepts(['//app.example'], origin), origin)
    }
    t.notOk(accepts(['http://app.example'], '//app.example'))
    t.notOk(accepts('conn', '//app.example:4000'))
    t.notOk(accepts(true, 'http://evil.example/app.example'))
  }
)

t.test('an address of IPv6 is a host', async (t) => {
  t.ok(accepts(['//[::1]'], 'http://[::1]:4000'))
})

t.test('an entry that is no origin is a problem', async (t) => {
  for (const entry of ['//a.example', 'https://a.example', 'https://a.example:8443', '//*.a.example']) {
    t.equal(originProblem(entry), undefined, entry)
  }
  for (const entry of ['a.example', 'https://', '/a.example', 'https://a.example/path', ''])
    t.type(originProblem(entry), 'string')
})

t.test('an entry that can never match is a problem', async (t) => {
  for (const entry of [
    '//*',
    'https://*',
    '//a.*.example',
    '//*a.example',
    '//*.*.example',
    '//A.example',
    'wss://a.example',
    'file://a.example',
    'https://a.example:0',
    'https://a.example:99999',
    'https://bücher.example',
    '//[0:0:0:0:0:0:0:1]',
    '//127.1',
    '//a b.example',
    '//*.'
  ]) {
    t.match(originProblem(entry), /can never match|is no origin/, entry)
  }
  for (const entry of [
    'HTTPS://a.example',
    '//localhost',
    '//127.0.0.1:3000',
    '//[::1]:3000',
    'https://xn--bcher-kva.example',
    'capacitor://localhost',
    'chrome-extension://abcdefghijklmnop'
  ]) {
    t.equal(originProblem(entry), undefined, entry)
  }
})

t.test('a host is a name as browsers write it, and nothing else', async (t) => {
  for (const host of ['a.example', 'localhost', '[::1]', '10.0.0.1'])
    t.equal(hostProblem(host), undefined, host)
  for (const host of [
    '',
    'https://a.example',
    'a.example:443',
    'A.example',
    'a.example/',
    '*.a.example',
    'u@a.example'
  ])
    t.type(hostProblem(host), 'string', host)
})
