import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

t.test('what it exports can be loaded where nothing else is', async (t) => {
  const names = ['fastify-phoenix', 'fastify-phoenix/client', 'fastify-phoenix/client/protobuf']
  const program = names
    .map((name) => `console.log(Object.keys(await import('${name}')).length > 0)`)
    .join('\n')
  const { stdout } = await node('--input-type=module', '--eval', program)
  t.equal(stdout, 'true\n'.repeat(names.length))
})
