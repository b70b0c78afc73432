import t from 'tap'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import { useMeter } from '../../lib/metrics/call-meter.js'

const registry = {
  find: (plugin: string, fn: string) => (`${plugin}.${fn}` === 'demo.echo' ? {} : undefined)
}
const call = { hookPlugin: 'demo', fn: 'echo', transport: 'websocket' } as const

t.test('all calls are counted; of many at once some are timed, and stand for the others', async (t) => {
  const { meter, release } = useMeter(new EndpointServer())
  t.teardown(release)
  for (let count = 0; count < 1000; count++) {
    const begun = meter.handlerBegins()
    meter.hookEnds(meter.hookBegins(), call, registry, 'ok')
    meter.handlerReturns(begun, 'user:*', 'ok')
  }
  t.equal(meter.store.cell('hookCalls', 'demo', 'echo', 'websocket', 'ok').value, 1000)
  t.equal(meter.store.cell('handlerRuns', 'user:*', 'ok').value, 1000)
  const hooks = meter.store.buckets('hookDuration', 'demo', 'echo', 'websocket')
  const handlers = meter.store.buckets('handlerDuration', 'user:*')
  t.ok(hooks.count > 990 && hooks.count <= 1000, `${hooks.count}`)
  t.equal(handlers.count, hooks.count)
  t.ok(hooks.sum > 0 && hooks.sum < 1)
})

t.test('a few calls are all timed, each to its own end', async (t) => {
  const { meter, release } = useMeter(new EndpointServer())
  t.teardown(release)
  const handler = meter.handlerBegins()
  const hook = meter.hookBegins()
  meter.handlerReturns(handler, 'user:*', 'ok')
  const over = performance.now() + 20
  while (performance.now() < over);
  meter.hookEnds(hook, call, registry, 'timeout')
  t.ok(meter.store.buckets('hookDuration', 'demo', 'echo', 'websocket').sum >= 0.02)
  t.ok(meter.store.buckets('handlerDuration', 'user:*').sum < 0.02)
  const later = meter.handlerBegins()
  meter.handlerReturns(later, 'room:*', undefined)
  meter.handlerSettles(later, 'room:*', 'crashed')
  t.equal(meter.store.buckets('handlerDuration', 'room:*').count, 1)
  t.equal(meter.store.cell('handlerRuns', 'room:*', 'crashed').value, 1)
})

t.test('a server has one meter for all who look at it, and none when nobody does', async (t) => {
  const endpoint = new EndpointServer()
  t.equal(endpoint.meters.current, undefined)
  const one = useMeter(endpoint)
  const other = useMeter(endpoint)
  t.equal(one.meter, other.meter)
  one.release()
  t.equal(endpoint.meters.current, one.meter)
  other.release()
  t.equal(endpoint.meters.current, undefined)
})
