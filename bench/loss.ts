/**
 * `npm run bench:loss [-- --seconds S] [--quick]`: hook calls on links that lose packets, without a
 * delay and with one. Takes root, as the links are between network namespaces. Writes `bench/loss.md` and
 * what it shows; `--quick` keeps nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeEnvironment, packageRoot } from './lib/environment.js'
import { describe } from './lib/report.js'
import type { LinkKind } from './loss/link.js'
import { measureLoss, type Plan } from './loss/measure.js'
import { drawLoss, type LossResult } from './loss/picture.js'
import { percentiles, transportNames } from './loss/transports.js'

const begin = '<!-- figures: begin, written by npm run bench:loss -->'
const end = '<!-- figures: end -->'
const kinds: LinkKind[] = [0, 20].flatMap((roundTripMs) =>
  [0, 1, 3].map((percent) => ({ percent, roundTripMs }))
)

function table({ environment, clients, intervalMs, ms, links }: LossResult): string {
  const shown = percentiles.map((percentile) => (percentile === 100 ? 'longest' : `p${percentile}`))
  const rows = links.flatMap(({ roundTripMs, percent, comparison }) =>
    transportNames.map((name) => {
      const { calls, ms: latencies } = comparison[name]
      const cells = [
        `${roundTripMs} ms`,
        `${percent} %`,
        name,
        calls,
        ...latencies.map((latency) => latency.toFixed(2))
      ]
      return `| ${cells.join(' | ')} |`
    })
  )
  return [
    `| round trip | loss | hook call over | calls | ${shown.map((name) => `${name}, ms`).join(' | ')} |`,
    `| ---: | ---: | --- | ---: | ${shown.map(() => '---:').join(' | ')} |`,
    ...rows,
    '',
    `${clients} clients of each kind, each with a call every ${intervalMs} ms for ${ms / 1000} s. ` +
      describe(environment)
  ].join('\n')
}

function keep(result: LossResult): void {
  const bench = new URL('bench/', packageRoot())
  writeFileSync(new URL('results/loss.json', bench), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(new URL('results/loss.svg', bench), drawLoss(result))
  const page = new URL('loss.md', bench)
  const text = readFileSync(page, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`${page.pathname} has no markers for the figures`)
  writeFileSync(page, `${before}${begin}\n\n${table(result)}\n\n${end}${after}`)
}

async function run(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, quick: { type: 'boolean' } } })
  const seconds = Number(values.seconds ?? (values.quick ? 2 : 40))
  if (!(seconds > 0)) throw new Error('--seconds must be a positive number')
  const plan: Plan = { clients: 4, intervalMs: 10, ms: seconds * 1000 }
  const result: LossResult = { environment: describeEnvironment(), ...plan, links: [] }
  for (const kind of kinds) {
    process.stderr.write(`${kind.roundTripMs} ms, ${kind.percent} % loss\n`)
    result.links.push({ ...kind, comparison: await measureLoss(kind, plan) })
  }
  process.stdout.write(`${table(result)}\n`)
  if (values.quick !== true) keep(result)
}

try {
  await run()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
