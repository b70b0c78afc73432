import t from 'tap'
import { drawNothing, drawReport } from '../../lib/load/picture.js'
import type { LoadReport } from '../../lib/load/report.js'
import { runLoad } from '../../lib/load/run.js'
import { linear, scaleOf } from '../../lib/load/scale.js'
import { forever, loadConfig } from '../fixtures/load.js'
import { startMadeUpServer } from '../fixtures/made-up-server.js'

/** The names of elements, where each is closed in its place, and text has no markup of its own. */
function elements(svg: string): string[] {
  const names: string[] = []
  const open: string[] = []
  let rest = svg.trim()
  while (rest !== '') {
    const [token = '', slash, name = '', , empty] =
      /^<(\/?)([a-z]+)((?: [\w:-]+="[^"<>]*")*)(\/?)>|^(?:[^<&]|&#\d+;)+/.exec(rest) ?? []
    if (token === '') throw new Error(`not well-formed: ${rest.slice(0, 80)}`)
    rest = rest.slice(token.length)
    if (name === '') continue
    if (slash === '/' && open.pop() !== name) throw new Error(`</${name}> closes another element`)
    if (slash === '' && empty === '') open.push(name)
    if (slash === '') names.push(name)
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} is not closed`)
  return names
}

async function report(): Promise<LoadReport> {
  const { url } = await startMadeUpServer(t, () => undefined)
  const argv = ['--scenario', 'idle', '--heartbeat', '0.1', '--interval', '0.05']
  return runLoad(loadConfig(url, ...argv), { signal: forever })
}

t.test('a picture has a line for each percentile, and is well-formed', async (t) => {
  const svg = drawReport(await report(), [])
  t.equal(elements(svg)[0], 'svg')
  for (const name of ['p50', 'p90', 'p99', 'done'])
    t.match(svg, new RegExp(`<path class="${name}" d="M[\\d.]+ `))
  t.notMatch(svg, 'class="failed" d')
  t.notMatch(svg, /NaN|Infinity|undefined|null/)
  t.match(svg, 'prefers-color-scheme: dark')
})

t.test('thresholds of percentiles are drawn, and failures where there are some', async (t) => {
  const made = await report()
  const [first] = made.timeline
  if (first === undefined) throw new Error('no time')
  const failing = { ...made, timeline: [{ ...first, errors: 5 }, ...made.timeline.slice(1)] }
  const svg = drawReport(failing, [{ metric: 'p99', comparison: '>', limit: 50 }])
  elements(svg)
  t.match(svg, 'fails if p99 &#62; 50')
  t.match(svg, /class="failed" d="M/)
})

t.test('what is in a title is no markup', async (t) => {
  const made = await report()
  const svg = drawReport({ ...made, title: `</title><script>"&'\u0000\u202e` }, [])
  t.notOk(elements(svg).includes('script'))
  t.match(svg, '&#60;script&#62;')
})

t.test('a load in which nothing came has a picture, too', async (t) => {
  const made = await report()
  t.notMatch(drawReport({ ...made, timeline: [] }, []), /NaN|Infinity|undefined|null/)
  const none = { p50: null, p90: null, p99: null, max: null }
  const empty = [{ at: 0, seconds: 1, count: 0, rate: 0, errors: 0, ...none }]
  const svg = drawReport({ ...made, timeline: empty }, [])
  elements(svg)
  t.notMatch(svg, /NaN|Infinity|undefined|null/)
  elements(drawNothing())
})

t.test('an axis counts in ones, twos and fives', async (t) => {
  t.same(linear(10).ticks, [0, 2, 4, 6, 8, 10])
  t.same(linear(0.3).ticks, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
  t.same(linear(1979).ticks, [0, 500, 1000, 1500, 2000])
  t.equal(linear(1979).at(1000), 0.5)
  t.same(linear(0).ticks.at(-1), 1)
})

t.test('latencies that lie far apart are drawn by orders of magnitude', async (t) => {
  t.notOk(scaleOf([2, 40]).isLogarithmic)
  const wide = scaleOf([0.5, 800])
  t.same(wide.ticks, [0.1, 1, 10, 100, 1000])
  t.equal(wide.at(10), 0.5)
  t.equal(wide.at(0), 0, 'also with what has no logarithm')
})
