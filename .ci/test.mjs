// Runs what was compiled of the tests, each file in a process of its own, three at a time: most of them wait most of the time.
//
//     node .ci/test.mjs [--jobs=3] [--output-file=results.tap] [--smoke=path/to/node ...] [test/protocol/topic.test.ts test/channel ...]
//
// Each `--smoke` is a program of another version of Node: a few of the tests run with it as well.
//
// tap's own command would load its TypeScript compiler and two more loaders into every process that a
// test starts, which took longer than most tests do.
import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import t from 'tap'
import { report } from './results.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const timeoutSeconds = 240

/** What shows whether a version of Node will do: the server, its page, the transports, the helper, and what Node changed. */
const smoke = [
  'test/browser/page.test.ts',
  'test/client/calls.test.ts',
  'test/clients/phoenix-versions.test.ts',
  'test/package/applications.test.ts',
  'test/server/hook-modules.test.ts',
  'test/server/program.test.ts',
  'test/wire/ordinary-upgrades.test.ts',
  'test/hooks/result.test.ts',
  'test/protocol/serializer/json-depth.test.ts'
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '3' },
    smoke: { type: 'string', multiple: true, default: [] },
    'output-file': { type: 'string', default: join(root, '.tap', 'results.tap') }
  }
})

/** The files of tests that are asked for, as paths from the root; all without a question. */
function chosen() {
  const all = readdirSync(join(root, 'test'), { recursive: true })
    .map((path) => `test/${path}`)
    .filter((path) => path.endsWith('.test.ts'))
    .sort()
  if (positionals.length === 0) return all
  const found = positionals.map((asked) => {
    const wanted = relative(root, resolve(asked))
    return all.filter((path) => path === wanted || path.startsWith(`${wanted}/`))
  })
  const missing = found.findIndex((paths) => paths.length === 0)
  if (missing === -1) return new Set(found.flat())
  process.stderr.write(`there is no test in ${positionals[missing]}\n`)
  process.exit(1)
}

const started = new Map()
t.on('spawn', ({ name }) => started.set(name, performance.now()))

/** With another `node` the test has a name of its own, and folders: tap makes their names of the arguments. */
async function run(path, node = process.execPath, label = '') {
  const compiled = join(root, 'dist', path.replace(/\.ts$/, '.js'))
  // tap adds a loader to NODE_OPTIONS, for the test and for every program that it starts.
  const options = `NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`
  const args = [options, node, '--enable-source-maps', compiled, ...(label === '' ? [] : [label])]
  const name = `${label} ${path}`.trim()
  const { ok } = await t.spawn('env', args, {
    name,
    cwd: root,
    at: null,
    stack: '',
    buffered: t.jobs > 1,
    timeout: timeoutSeconds * 1000,
    env: { ...process.env, TAP_TIMEOUT: `${timeoutSeconds}` }
  })
  const seconds = ((performance.now() - started.get(name)) / 1000).toFixed(1)
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`)
}

const paths = chosen()
const outputFile = resolve(values['output-file'])
mkdirSync(dirname(outputFile), { recursive: true })
const output = createWriteStream(outputFile)
t.setTimeout(0)
t.register()
t.pipe(output)
t.jobs = Number(values.jobs)
// Ends the tests that are running, too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

for (const path of paths) run(path)
for (const node of values.smoke) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  for (const path of smoke) run(path, node, `node-${version}`)
}
t.end()
await finished(output)
process.stdout.write(`${report(readFileSync(outputFile, 'utf8'))}\n`)
