import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { loadHookFolder } from '../../lib/server/hook-folder.js'
import { failed, ok, request, world } from '../hooks/helpers.js'

type Files = NonNullable<Parameters<Test['testdir']>[0]>

let folders = 0

/** A folder that no test has used before: modules stay loaded by their paths. */
function folderOf(t: Test, files: Files): string {
  const name = `hooks${++folders}`
  return join(t.testdir({ [name]: files }), name)
}

/** The folder's plugins, joined by alice. */
async function load(t: Test, files: Files) {
  const dir = folderOf(t, files)
  const plugins = await loadHookFolder(dir)
  const { session } = world(plugins)
  const call = (plugin: string, fn: string, ...args: unknown[]) => session.call(request(plugin, fn, args))
  return { dir, plugins, call }
}

async function refused(t: Test, files: Files, file: string, problem: string | RegExp) {
  const dir = folderOf(t, files)
  const err: unknown = await loadHookFolder(dir).catch((thrown: unknown) => thrown)
  t.match(err, { code: 'PHX_ERR_HOOKS_MODULE', message: problem })
  const { message } = err as Error
  t.ok(message.startsWith(`hook module ${join(dir, file)}: `), message)
  t.notMatch(message, '\n')
}

const add = 'export const add = (call, a, b) => a + b'

t.test('each module is a plugin, and each function that it exports a hook', async (t) => {
  const { plugins, call } = await load(t, {
    'math.js': `${add}
      export async function later (call) { return call.userId }
      export const version = 3
      export class Vector {}
      export default function unnamed () { return 1 }`,
    'other.mjs': 'export function refuse (call) { call.refuse("not_today") }',
    'third.ts': 'export const third = (): number => 3'
  })
  t.strictSame(
    plugins.map(({ name }) => name),
    ['math', 'other', 'third']
  )
  t.strictSame(call('math', 'add', 1, 2), ok('3'))
  t.strictSame(await call('math', 'later'), ok('"alice"'))
  t.strictSame(call('math', 'version'), failed('not_implemented'))
  t.strictSame(call('math', 'Vector'), failed('not_implemented'))
  t.strictSame(call('math', 'default'), failed('not_implemented'))
  t.strictSame(call('other', 'refuse'), failed('not_today'))
  t.strictSame(call('third', 'third'), ok('3'))
})

t.test('schemas, messages and lifecycle functions that a module exports count', async (t) => {
  const { plugins, call } = await load(t, {
    'math.js': `${add}
      export const schemas = { add: { args: [{ type: 'number' }, { type: 'number' }] } }
      export function after_startup () {}
      export const proto = 'syntax = "proto3"; message TwiceRequest { int32 n = 1; } message TwiceReply { int32 n = 1; }'
      export const twice = (call, { n }) => ({ n: 2 * n })`
  })
  t.strictSame(call('math', 'twice', { n: 3 }), ok('{"n":6}'))
  t.strictSame(call('math', 'add', '1', 2), failed('invalid_args'))
  t.strictSame(call('math', 'after_startup'), failed('reserved_hook_name'))
  t.strictSame(call('math', 'proto'), failed('not_implemented'))
  t.type(plugins[0]?.lifecycle.after_startup, 'function')
})

t.test('modules are ES modules, whatever package.json lies beside them', async (t) => {
  for (const type of ['commonjs', 'module']) {
    const { call, dir } = await load(t, {
      'package.json': `{ "type": "${type}" }`,
      'a.js': `
        import { readFileSync } from 'node:fs'
        import { count } from './lib/shared.js'
        const own = await Promise.resolve(readFileSync(new URL(import.meta.url), 'utf8').length)
        export const url = () => import.meta.url
        export const size = () => own
        export const next = () => count()`,
      'b.ts': `import { count } from './lib/shared.js'
        export const next = () => count()`,
      'c.mjs': `import { count } from './lib/shared.js'
        export const next = async () => (await import('./lib/shared.js')).count()`,
      lib: { 'shared.js': 'let n = 0; export const count = () => ++n' }
    })
    t.strictSame(call('a', 'url'), ok(JSON.stringify(pathToFileURL(join(dir, 'a.js')).href)))
    t.match(call('a', 'size'), { ok: true, json: /^\d\d+$/ })
    t.strictSame(call('a', 'next'), ok('1'))
    t.strictSame(call('b', 'next'), ok('2'), 'modules share what they import')
    t.strictSame(await call('c', 'next'), ok('3'))
  }
})

t.test('TypeScript needs no build', async (t) => {
  const { call } = await load(t, {
    'game.ts': `
      import type { Nothing } from './nowhere.js'
      import { double } from './tools/double.ts'
      enum Side { Left, Right }
      interface Shot<T> { at: T }
      class Counter { constructor (private n = 1) {} next (): number { return ++this.n } }
      export type Unused = Nothing
      export function side (_call: unknown, shot: Shot<number>): Side {
        return (shot.at as number) > 0 ? Side.Right : Side.Left
      }
      export const next = (): number => double(new Counter().next())`,
    tools: { 'double.ts': 'export const double = (n: number): number => n * 2' }
  })
  t.strictSame(call('game', 'side', { at: 1 }), ok('1'))
  t.strictSame(call('game', 'next'), ok('4'))
})

t.test('other files and sub-folders are passed over', async (t) => {
  const dir = t.testdir({
    'math.js': add,
    'math.d.ts': 'export declare const add: number',
    'README.md': '#',
    'data.json': '{',
    'old.cjs': 'throw 1',
    '.hidden.js': 'throw 1',
    'folder.js': { 'index.js': 'throw 1' }
  })
  t.strictSame(
    (await loadHookFolder(dir)).map(({ name }) => name),
    ['math']
  )
  t.strictSame(await loadHookFolder(t.testdir({})), [])
})

t.test('links to files are followed', async (t) => {
  const dir = t.testdir({ data: { 'math.js': add }, hooks: {} })
  await symlink(join(dir, 'data', 'math.js'), join(dir, 'hooks', 'math.js'))
  t.match(await loadHookFolder(join(dir, 'hooks')), [{ name: 'math' }])
  await symlink(join(dir, 'nowhere.js'), join(dir, 'hooks', 'broken.js'))
  await t.rejects(loadHookFolder(join(dir, 'hooks')), {
    code: 'PHX_ERR_HOOKS_MODULE',
    message: /broken\.js: ENOENT/
  })
})

t.test('a folder that is not there, or is none, is named', async (t) => {
  const dir = t.testdir({ file: '' })
  await t.rejects(loadHookFolder(join(dir, 'nope')), {
    code: 'PHX_ERR_HOOKS_FOLDER',
    message: `hook folder ${join(dir, 'nope')}: ENOENT`
  })
  await t.rejects(loadHookFolder(join(dir, 'file')), { code: 'PHX_ERR_HOOKS_FOLDER', message: 'ENOTDIR' })
})

t.test(
  'a folder or module that cannot be read is named',
  { skip: process.getuid?.() === 0 && 'root reads all' },
  async (t) => {
    const dir = t.testdir({ hooks: { 'math.js': add } })
    await chmod(join(dir, 'hooks', 'math.js'), 0)
    await t.rejects(loadHookFolder(join(dir, 'hooks')), {
      code: 'PHX_ERR_HOOKS_MODULE',
      message: /math\.js: EACCES/
    })
    await chmod(join(dir, 'hooks'), 0)
    await t.rejects(loadHookFolder(join(dir, 'hooks')), { code: 'PHX_ERR_HOOKS_FOLDER', message: 'EACCES' })
    await chmod(join(dir, 'hooks'), 0o700)
  }
)

t.test('a module that cannot be loaded is named with the cause, in one line', async (t) => {
  await refused(t, { 'bad.js': 'export function (' }, 'bad.js', /Unexpected token/)
  await refused(t, { 'bad.ts': 'export const x: = 1' }, 'bad.ts', /Unexpected token/)
  await refused(t, { 'bad.js': 'throw new Error("boom\\nmore")' }, 'bad.js', /: boom more$/)
  await refused(t, { 'bad.js': 'await Promise.reject(undefined)' }, 'bad.js', /: undefined$/)
  await refused(t, { 'bad.js': 'throw Object.create(null)' }, 'bad.js', 'cannot be described')
  await refused(t, { 'bad.js': 'import "./nope.js"' }, 'bad.js', /nope\.js/)
  await refused(t, { 'bad.js': 'export const f = 1; nope()' }, 'bad.js', 'nope is not defined')
})

t.test('a module that defines bad hooks is named with the cause, in one line', async (t) => {
  const schemas = (text: string) => ({ 'bad.js': `${add}; export const schemas = ${text}` })
  await refused(t, schemas('{ sub: {} }'), 'bad.js', 'schemas are given for sub, which is no hook')
  await refused(
    t,
    schemas('{ add: { args: [{ type: "x" }] } }'),
    'bad.js',
    'args schema of add cannot be compiled'
  )
  await refused(t, schemas('5'), 'bad.js', 'schemas must be an object')
  const proto = (text: string) => ({ 'bad.js': `${add}; export const proto = \`${text}\`` })
  await refused(t, proto('message'), 'bad.js', 'proto: it must say syntax = "proto3"')
  await refused(t, proto('syntax = "proto3";\nmessage {'), 'bad.js', "proto: illegal type name '{' (line 2)")
  await refused(t, proto('syntax = "proto3"; message AddReply {}'), 'bad.js', 'but no AddRequest')
  await refused(t, { 'bad.js': 'export const proto = 5' }, 'bad.js', 'proto: it must be the text')
  await refused(t, { 'bad.js': 'export const before_stop = 5' }, 'bad.js', 'before_stop must be a function')
})

t.test('two files of one plugin name are refused', async (t) => {
  await refused(t, { 'math.js': add, 'math.ts': add }, 'math.ts', /math\.js is the plugin math already/)
})

t.test('a module that failed can be loaded once it is mended', async (t) => {
  const dir = t.testdir({ 'math.js': 'throw new Error("not yet")' })
  await t.rejects(loadHookFolder(dir), { code: 'PHX_ERR_HOOKS_MODULE' })
  await writeFile(join(dir, 'math.js'), add)
  t.match(await loadHookFolder(dir), [{ name: 'math' }])
  await mkdir(join(dir, 'sub.ts'))
  t.match(await loadHookFolder(dir), [{ name: 'math' }])
})
