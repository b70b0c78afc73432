import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { installPacked } from '../fixtures/packed.js'
import { connectPhoenix, join as joined, push } from '../fixtures/phoenix-client.js'
import { spawnServer, startServer } from '../fixtures/server-process.js'

const leavesOutTypes = Boolean((process.features as { typescript?: unknown }).typescript)

/** A CommonJS application with folders of hooks. */
function application(t: Test, also: readonly string[]) {
  const { folder, installed } = installPacked(t, ['fastify', ...also])
  const hooks = (name: string, files: Record<string, string>): string => {
    mkdirSync(join(folder, name))
    for (const [file, code] of Object.entries(files)) writeFileSync(join(folder, name, file), code)
    return join(folder, name)
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }')
  return { hooks, program: join(installed, 'dist', 'lib', 'server', 'cli.js') }
}

async function calls(t: Test, program: string, hooks: string, plugin: string): Promise<unknown> {
  const { url } = await startServer(t, program, { args: ['--hooks', hooks, '--webrtc', 'off'] })
  const login = await fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"user_id":"alice"}'
  })
  const { token } = (await login.json()) as { token: string }
  const channel = connectPhoenix(t, `${url}/socket`, { params: { token } }).channel('user:alice')
  t.equal((await joined(channel)).status, 'ok')
  return push(channel, 'call_hook', { plugin, fn: 'three', args: [] })
}

const three = { status: 'ok', response: { data: 3 } }
const enumeration = 'enum Side { Left = 3 }; export const three = (): Side => Side.Left'

t.test('the installed command needs no package of the page', async (t) => {
  const { program } = application(t, [])
  const { url } = await startServer(t, program, { args: ['--webrtc', 'off'] })
  t.match(await (await fetch(url)).text(), '/assets/main.js')
  for (const name of ['phoenix.mjs', 'uPlot.esm.js', 'uPlot.min.css']) {
    const response = await fetch(`${url}/assets/${name}`)
    t.equal(response.status, 200, name)
    t.ok((await response.text()).length > 1000)
  }
})

t.test('without jiti', async (t) => {
  const { hooks, program } = application(t, [])
  const js = hooks('js', { 'math.js': 'export const three = () => 3' })
  t.same(await calls(t, program, js, 'math'), three, 'hooks in JavaScript are ES modules')

  const plain = hooks('plain', { 'math.ts': 'export const three = (): number => 3' })
  if (leavesOutTypes) t.same(await calls(t, program, plain, 'math'), three, 'Node leaves out types')

  const folder = leavesOutTypes ? hooks('compiled', { 'math.ts': enumeration }) : plain
  const failing = spawnServer(t, program, { args: ['--hooks', folder] })
  t.equal(await failing.ended, 1)
  t.match(failing.stderr(), /^fastify-phoenix: --hooks: hook module .*math\.ts: .* jiti: npm install jiti\n$/)
})

t.test('with jiti, all of TypeScript can be in hooks', async (t) => {
  const { hooks, program } = application(t, ['jiti'])
  t.same(await calls(t, program, hooks('ts', { 'math.ts': enumeration }), 'math'), three)
})
