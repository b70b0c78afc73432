import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { installPacked } from '../fixtures/packed.js'

const run = promisify(execFile)
const { folder, installed } = installPacked(t, ['fastify'])

const node = (...args: string[]) => run(process.execPath, args, { cwd: folder })

t.test('source maps name sources that are there', async (t) => {
  const files = readdirSync(join(installed, 'dist'), { recursive: true }).map(String)
  const maps = files.filter((file) => file.endsWith('.map')).map((file) => join(installed, 'dist', file))
  const missing = maps.flatMap((map) => {
    const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }
    return sources.filter((source) => !existsSync(join(dirname(map), source)))
  })
  t.ok(maps.length > 0)
  t.same(missing, [])
})

t.test('nothing is in it that no user needs', async (t) => {
  const files = readdirSync(installed, { recursive: true }).map(String)
  t.same(
    files.filter((file) => /^(test|bench|dist\/(test|bench))\b|\.png$|tsbuildinfo$|^tsconfig/.test(file)),
    []
  )
})

t.test('its command tells of the load tool', async (t) => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const { stdout } = await node(join(installed, manifest.bin['fastify-phoenix']), '--help')
  t.match(stdout, /^ +fastify-phoenix load /m)
})

t.test('it names where it comes from, and what is a matter of choice', async (t) => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  for (const link of [manifest.homepage, manifest.bugs.url, manifest.repository.url]) {
    t.match(link, /^(git\+)?https:\/\/github\.com\//)
  }
  const ofChoice = ['@nats-io/transport-node', '@opentelemetry/api', '@redis/client', 'jiti', 'prom-client']
  t.same(Object.keys(manifest.peerDependenciesMeta), ofChoice)
  for (const name of [...ofChoice, 'phoenix', 'uplot'])
    t.notOk(existsSync(join(folder, 'node_modules', name)), name)
})

t.test("the page's scripts of others come with their licences", async (t) => {
  const page = join(installed, 'dist', 'lib', 'server', 'page')
  t.same(readdirSync(page).sort(), [
    'phoenix.LICENSE.md',
    'phoenix.mjs',
    'uPlot.LICENSE',
    'uPlot.esm.js',
    'uPlot.min.css'
  ])
})

const names = [
  'fastify-phoenix',
  'fastify-phoenix/client',
  'fastify-phoenix/client/protobuf',
  'fastify-phoenix/cluster-suite',
  'fastify-phoenix/workers'
]

t.test('what it exports can be required, without a warning', async (t) => {
  const program = names.map((name) => `console.log(Object.keys(require('${name}')).length > 0)`).join('\n')
  writeFileSync(join(folder, 'required.cjs'), program)
  const { stdout, stderr } = await node('required.cjs')
  t.equal(stdout, 'true\n'.repeat(names.length))
  t.equal(stderr, '')
})

t.test('what it exports can be loaded where nothing else is', async (t) => {
  const program = names
    .map((name) => `console.log(Object.keys(await import('${name}')).length > 0)`)
    .join('\n')
  const { stdout } = await node('--input-type=module', '--eval', program)
  t.equal(stdout, 'true\n'.repeat(names.length))
})

t.test('without the client of Redis the server says what to install', async (t) => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const program = join(installed, manifest.bin['fastify-phoenix'])
  const { code, stderr } = await node(program, '--redis', 'redis://127.0.0.1').catch((err) => err)
  t.equal(code, 1)
  t.match(stderr, /--redis needs a package: npm install @redis\/client$/m)
})

t.test('an engine whose client is not installed is refused by the name of that', async (t) => {
  await t.rejects(node('--input-type=module', '--eval', "await import('fastify-phoenix/nats')"), {
    message: /Cannot find package '@nats-io\/transport-node'/
  })
  const program = join(installed, 'dist/lib/server/main.js')
  const refused = await node(program, '--port', '0', '--nats', '127.0.0.1:1').catch((err: unknown) => err)
  t.match(refused, { stderr: /: --nats needs a package: npm install @nats-io\/transport-node\n$/ })
})

t.test('without the client of Prometheus the server says what to install, where it was asked', async (t) => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const program = join(installed, manifest.bin['fastify-phoenix'])
  const { code, stderr } = await node(program, '--metrics', 'on', '--port', '0').catch((err) => err)
  t.equal(code, 1)
  t.match(stderr, /--metrics needs a package: npm install prom-client$/m)
  for (const file of ['alerts.yml', 'grafana-dashboard.json'])
    t.ok(existsSync(join(installed, 'plugins', 'guides', 'metrics', file)), file)
})
