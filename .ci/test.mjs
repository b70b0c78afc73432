// Runs what was compiled of the tests, each file in a process of its own, two at a time.
//
//     node .ci/test.mjs [--jobs=2] [--output-file=results.tap] [test/topic.test.ts test/channel ...]
//
// tap's own command would load its TypeScript compiler and two more loaders into every process that a
// test starts, which took longer than most tests do.
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import t from 'tap'
import { report } from './results.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const timeoutSeconds = 120

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '2' },
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

async function run(path) {
  const compiled = join(root, 'dist', path.replace(/\.ts$/, '.js'))
  // tap adds a loader to NODE_OPTIONS, for the test and for every program that it starts.
  const options = `NODE_OPTIONS=${process.env.NODE_OPTIONS ?? ''}`
  const { ok } = await t.spawn('env', [options, process.execPath, '--enable-source-maps', compiled], {
    name: path,
    cwd: root,
    at: null,
    stack: '',
    buffered: t.jobs > 1,
    timeout: timeoutSeconds * 1000,
    env: { ...process.env, TAP_TIMEOUT: `${timeoutSeconds}` }
  })
  const seconds = ((performance.now() - started.get(path)) / 1000).toFixed(1)
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${path} (${seconds} s)\n`)
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
t.end()
await finished(output)
process.stdout.write(`${report(readFileSync(outputFile, 'utf8'))}\n`)
