import type { TimelineEntry } from './measure/timeline.js'
import type { Threshold } from './options/thresholds.js'
import { faint, ink, palette, paper, type Shades } from './picture-style.js'
import type { LoadReport } from './report.js'
import { linear, type Scale, scaleOf } from './scale.js'

const width = 960
const height = 600
const left = 72
const right = width - 24

/** One of the two pictures under each other. */
interface Panel {
  readonly title: string
  readonly top: number
  readonly bottom: number
  readonly scale: Scale
  readonly lines: readonly Line[]
}

interface Line {
  readonly name: keyof typeof lineColours
  readonly value: (entry: TimelineEntry) => number | null
}

const lineColours = {
  p50: { light: palette.blue, dark: palette.sky },
  p90: { light: palette.orange, dark: palette.orange },
  p99: { light: palette.red, dark: palette.red },
  done: { light: palette.green, dark: palette.green },
  failed: { light: palette.pink, dark: palette.pink }
} as const satisfies Record<string, Shades>

const shades: readonly (readonly [selector: string, Shades])[] = [
  ['.paper', paper],
  ['text', ink],
  ...Object.entries(lineColours).map(([name, shades]) => [`.${name}`, shades] as const)
]

function styles(mode: keyof Shades): string {
  const lines = shades.map(([selector, colour]) => `${selector} { fill: ${colour[mode]}; stroke: none }`)
  const strokes = Object.entries(lineColours).map(
    ([name, colour]) => `path.${name} { stroke: ${colour[mode]}; fill: none }`
  )
  const grid = `.grid { stroke: ${faint[mode]} } .limit { stroke: ${ink[mode]}; stroke-dasharray: 6 4 }`
  return [...lines, ...strokes, grid].join('\n')
}

const style = `<style>
text { font: 12px system-ui, sans-serif } .title { font-size: 16px; font-weight: 600 } path { stroke-width: 2 }
path { stroke-linejoin: round; stroke-linecap: round } .middle { text-anchor: middle } .end { text-anchor: end }
${styles('light')}
@media (prefers-color-scheme: dark) {
${styles('dark')}
}
</style>`

/** A picture that says there is none yet. */
export function drawNothing(): string {
  return document('A load', [text(left, 36, 'No load has come to its end.', 'title')])
}

/** Latency and throughput over time, as SVG that follows the page it is seen on. */
export function drawReport(report: LoadReport, thresholds: readonly Threshold[]): string {
  const { title, urls, date, clients, operations, timeline, heard, interrupted } = report
  const entries = drawable(timeline)
  const seconds = linear(entries.reduce((end, { at, seconds }) => Math.max(end, at + seconds), 0))
  const limits = thresholds.filter(({ metric }) => /^p(50|90|99)$/.test(metric))
  const panels = [latencies(entries, limits), throughput(entries, heard === null ? operations.name : 'heard')]
  const about = [
    date.slice(0, 16).replace('T', ' '),
    `${clients.connected} clients`,
    `${operations.sent} ${operations.name}`,
    ...(heard === null ? [] : [`${heard.missing} missing, ${heard.doubled} doubled`]),
    ...(interrupted ? ['interrupted'] : [])
  ]
  return document(`${title} at ${urls.join(', ')}`, [
    text(left, 32, shortened(`${title} at ${urls.join(', ')}`, 100), 'title'),
    text(left, 54, about.join('; ')),
    ...panels.flatMap((panel) => drawPanel(panel, seconds, entries)),
    ...limits.flatMap((limit) => drawLimit(limit, panels[0] as Panel)),
    text((left + right) / 2, height - 14, 'seconds', 'middle')
  ])
}

/** Of a short time at the end a rate says nothing. */
function drawable(timeline: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const [first] = timeline
  const last = timeline.at(-1)
  const isStub = first !== undefined && last !== undefined && last.seconds < first.seconds / 2
  return isStub && timeline.length > 1 ? timeline.slice(0, -1) : timeline
}

function latencies(entries: readonly TimelineEntry[], limits: readonly Threshold[]): Panel {
  const values = entries.flatMap(({ p50, p90, p99 }) => [p50, p90, p99]).filter((value) => value !== null)
  return {
    title: 'latency, ms',
    top: 92,
    bottom: 340,
    scale: scaleOf([...values, ...limits.map(({ limit }) => limit)]),
    lines: (['p50', 'p90', 'p99'] as const).map((name) => ({ name, value: (entry) => entry[name] }))
  }
}

function throughput(entries: readonly TimelineEntry[], what: string): Panel {
  const failed = ({ errors, seconds }: TimelineEntry): number => errors / seconds
  const hasFailed = entries.some(({ errors }) => errors > 0)
  const most = entries.reduce((most, entry) => Math.max(most, entry.rate, failed(entry)), 0)
  return {
    title: `${what} a second`,
    top: 398,
    bottom: 550,
    scale: linear(most),
    lines: [
      { name: 'done', value: ({ rate }) => rate },
      ...(hasFailed ? [{ name: 'failed' as const, value: failed }] : [])
    ]
  }
}

function drawPanel(panel: Panel, seconds: Scale, entries: readonly TimelineEntry[]): string[] {
  const { title, top, bottom, scale, lines } = panel
  const x = (value: number): number => left + seconds.at(value) * (right - left)
  const y = (value: number): number => bottom - scale.at(value) * (bottom - top)
  return [
    text(left, top - 12, scale.isLogarithmic ? `${title} (log scale)` : title),
    ...legend(lines, top - 12),
    ...scale.ticks.flatMap((tick) => [
      `<line class="grid" x1="${left}" x2="${right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>`,
      text(left - 8, y(tick) + 4, String(tick), 'end')
    ]),
    ...seconds.ticks.map((tick) => text(x(tick), bottom + 18, String(tick), 'middle')),
    ...lines.map(({ name, value }) => {
      const points = entries.map((entry) => [x(entry.at + entry.seconds / 2), value(entry)] as const)
      return `<path class="${name}" d="${pathOf(points, y)}"/>`
    })
  ]
}

/** Broken where there is no value; a single point is a dot. */
function pathOf(
  points: readonly (readonly [x: number, value: number | null])[],
  y: (value: number) => number
) {
  let isDrawn = false
  return points
    .flatMap(([x, value]) => {
      const command = isDrawn ? 'L' : 'M'
      isDrawn = value !== null
      if (value === null) return []
      const point = `${round(x)} ${round(y(value))}`
      return command === 'M' ? [`M${point}h0`] : [`L${point}`]
    })
    .join('')
}

function legend(lines: readonly Line[], y: number): string[] {
  return lines.flatMap(({ name }, index) => {
    const x = right - (lines.length - index) * 80
    return [`<path class="${name}" d="M${x} ${y - 4}h18"/>`, text(x + 24, y, name)]
  })
}

function drawLimit({ metric, comparison, limit }: Threshold, { top, bottom, scale }: Panel): string[] {
  const y = bottom - scale.at(limit) * (bottom - top)
  return [
    `<line class="limit" x1="${left}" x2="${right}" y1="${round(y)}" y2="${round(y)}"/>`,
    text(right, y - 6, `fails if ${metric} ${comparison} ${limit}`, 'end')
  ]
}

function document(title: string, content: readonly string[]): string {
  const box = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} role="img">`,
    `<title>${escaped(title)}</title>`,
    style,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...content,
    '</svg>'
  ].join('\n')
}

function text(x: number, y: number, words: string, name?: string): string {
  const names = name === undefined ? '' : ` class="${name}"`
  return `<text${names} x="${round(x)}" y="${round(y)}">${escaped(words)}</text>`
}

const round = (value: number): number => Math.round(value * 10) / 10

const shortened = (words: string, most: number): string =>
  words.length > most ? `${words.slice(0, most - 3)}...` : words

/** What has a meaning in XML, and what may not be in it at all. */
const escaped = (words: string): string =>
  words.replace(/[<>&"\p{C}]/gu, (char) => (/[<>&"]/.test(char) ? `&#${char.codePointAt(0)};` : '?'))
