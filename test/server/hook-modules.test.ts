import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { hookImporter, nodeImporter } from '../../lib/server/hook-modules.js'

const leavesOutTypes = Boolean((process.features as { typescript?: unknown }).typescript)

t.test('without jiti, JavaScript is ES modules, whatever package.json lies beside it', async (t) => {
  for (const type of ['commonjs', 'module']) {
    const base = t.testdir({
      [type]: {
        'package.json': `{ "type": "${type}" }`,
        'a.js': `
          import { count } from './lib/shared.js'
          import { size } from './lib/old.cjs'
          export const url = import.meta.url
          export const next = () => count(size)`,
        'b.mjs': `export const next = async () => (await import('./lib/shared.js')).count(1)`,
        lib: {
          'shared.js': 'let n = 0; export const count = (by) => (n += by)',
          'old.cjs': 'exports.size = 1'
        }
      },
      elsewhere: { 'package.json': '{ "type": "commonjs" }', 'real.js': 'export const next = () => "linked"' }
    })
    const folder = join(base, type)
    symlinkSync('../elsewhere/real.js', join(folder, 'link.js'))
    const files = ['a.js', 'b.mjs', 'link.js'].map((name) => join(folder, name))
    const importModule = nodeImporter(folder, files)
    const modules = await Promise.all(files.map((file) => importModule(file)))
    t.equal(modules[0]?.url, pathToFileURL(`${files[0]}`).href)
    const results: unknown[] = []
    for (const { next } of modules) results.push(await (next as () => unknown)())
    t.same(results, [1, 2, 'linked'], 'modules share what they import')
    t.equal(await importModule(`${files[0]}`), modules[0], 'a module is run once')
  }
})

t.test('without jiti, CommonJS that modules import stays CommonJS', async (t) => {
  const folder = t.testdir({
    'package.json': '{ "type": "commonjs" }',
    'a.js': "import old from './lib/old.js'; export const five = old.five",
    lib: { 'old.js': "module.exports = require('./older.js')", 'older.js': 'exports.five = 5' }
  })
  const file = join(folder, 'a.js')
  t.equal((await nodeImporter(folder, [file])(file)).five, 5)
})

t.test('without jiti, TypeScript is for a Node that leaves out types', async (t) => {
  const folder = t.testdir({
    'package.json': '{ "type": "commonjs" }',
    'plain.ts': "import { two } from './lib/two.ts'; export const four: number = two * 2",
    'side.ts': 'export enum Side { Left, Right }',
    lib: { 'two.ts': "import type { No } from './no.ts'; export const two: number = 2; export type Yes = No" }
  })
  const [plain, side] = ['plain.ts', 'side.ts'].map((name) => join(folder, name)) as [string, string]
  const code = 'PHX_ERR_HOOKS_TYPESCRIPT'
  if (!leavesOutTypes) {
    const message = `hook module ${plain}: TypeScript needs Node 22.18 or newer, or jiti: npm install jiti`
    t.throws(() => nodeImporter(folder, ['a.js', plain]), { code, message })
    return
  }
  const importModule = nodeImporter(folder, [plain, side])
  t.equal((await importModule(plain)).four, 4)
  await t.rejects(importModule(side), {
    code,
    message: /^hook module .*side\.ts: .*enum.*: npm install jiti$/
  })
})

t.test('with jiti, TypeScript is compiled on any Node', async (t) => {
  const folder = t.testdir({ 'side.ts': 'export enum Side { Left, Right }' })
  const file = join(folder, 'side.ts')
  t.match(await (await hookImporter(folder, [file]))(file), { Side: { Right: 1 } })
})
