import t from 'tap'
import { type ConnectRequest, connectInfo, connectInfoKeys } from '../../lib/mount/connect-info.js'

const request: ConnectRequest = {
  address: '192.0.2.1',
  port: 5000,
  rawHeaders: ['Host', 'app.example:4000', 'X-B', '1', 'x-a', '2', 'X-B', '3', 'User-Agent', 'test'],
  scheme: 'http',
  host: 'app.example:4000',
  url: '/socket/websocket?vsn=2.0.0&a=b?c'
}

t.test('a mount that asks for nothing is told nothing', async (t) => {
  t.same(connectInfo([], request), {})
})

t.test('headers named x- are told in their order, the repeated ones too', async (t) => {
  t.same(connectInfo(['xHeaders'], request), {
    xHeaders: [
      ['x-b', '1'],
      ['x-a', '2'],
      ['x-b', '3']
    ]
  })
})

t.test('who asks and with what is told', async (t) => {
  t.same(connectInfo(['peerData', 'userAgent'], request), {
    peerData: { address: '192.0.2.1', port: 5000 },
    userAgent: 'test'
  })
  t.same(connectInfo(['userAgent'], { ...request, rawHeaders: [] }), { userAgent: null })
})

t.test('headers of tracing are told', async (t) => {
  const rawHeaders = ['traceparent', '00-1-2-01', 'Tracestate', 'a=b', 'tracer', 'x']
  t.same(connectInfo(['traceContextHeaders'], { ...request, rawHeaders }), {
    traceContextHeaders: [
      ['traceparent', '00-1-2-01'],
      ['tracestate', 'a=b']
    ]
  })
})

t.test('headers of the WebSocket are told, but for the key and the extensions', async (t) => {
  const prefix = 'Sec-WebSocket-'
  const rawHeaders = ['Key', 'k', 'Extensions', 'e', 'Version', '13', 'Protocol', 'p'].map((text, i) =>
    i % 2 === 0 ? prefix + text : text
  )
  t.same(connectInfo(['secWebsocketHeaders'], { ...request, rawHeaders }), {
    secWebsocketHeaders: [
      ['sec-websocket-version', '13'],
      ['sec-websocket-protocol', 'p']
    ]
  })
})

t.test('the address that was asked for is told', async (t) => {
  t.same(connectInfo(['uri'], request).uri, {
    scheme: 'http',
    host: 'app.example',
    port: 4000,
    path: '/socket/websocket',
    query: 'vsn=2.0.0&a=b?c'
  })
  t.match(connectInfo(['uri'], { ...request, scheme: 'https', host: 'a.example', url: '/s' }).uri, {
    host: 'a.example',
    port: 443,
    path: '/s',
    query: ''
  })
  t.match(connectInfo(['uri'], { ...request, host: '[::1]:4000' }).uri, { host: '[::1]', port: 4000 })
})

t.test('a host header that is no host breaks nothing', async (t) => {
  for (const host of ['', 'a b', '[', 'a:b', '%', 'a:99999999', 'a/b', '@']) {
    const { uri } = connectInfo(connectInfoKeys, { ...request, host })
    t.match(uri, { scheme: 'http', path: '/socket/websocket' }, host)
    t.ok(Number.isSafeInteger(uri?.port), 'the port is a number')
  }
})
