import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { root } from '../fixtures/root.js'

const packageFolder = fileURLToPath(root)

const smallOptions = {
  rootDir: '.',
  outDir: 'dist',
  composite: true,
  sourceMap: true,
  strict: true,
  lib: ['es5'],
  types: []
}

/** A small package with the build of this one: what it takes to compile, and then to find nothing to do. */
function smallPackage(t: Test) {
  const folder = t.testdir({
    'package.json': '{ "type": "module" }',
    'package-lock.json': '{}',
    'tsconfig.json': JSON.stringify({ compilerOptions: smallOptions, include: ['lib'] }),
    lib: { 'one.ts': 'export const one = 1\n', 'two.ts': 'export const two = 2\n' }
  })
  cpSync(join(packageFolder, '.ci'), join(folder, '.ci'), { recursive: true })
  symlinkSync(join(packageFolder, 'node_modules'), join(folder, 'node_modules'))
  const path = (name: string): string => join(folder, name)
  return {
    path,
    read: (name: string): string => readFileSync(path(name), 'utf8'),
    write: (name: string, content: string): void => writeFileSync(path(name), content),
    /** What the build says: nothing when it compiles nothing. */
    async build(): Promise<string> {
      const { stderr } = await promisify(execFile)(process.execPath, [path('.ci/build.mjs')])
      return stderr
    }
  }
}

const compiles = /^compiling/

t.test('what has not changed is not compiled again, what has is', async (t) => {
  const { path, read, write, build } = smallPackage(t)
  t.match(await build(), compiles)
  t.equal(await build(), '', 'nothing has changed')

  write('lib/one.ts', 'export const one = 111\n')
  utimesSync(path('lib/one.ts'), 0, 0)
  t.match(await build(), compiles, 'a source has changed, and looks older than what was compiled of it')
  t.match(read('dist/lib/one.js'), '111')
  t.equal(await build(), '')

  write('lib/three.ts', 'export const three = 3\n')
  t.match(await build(), compiles, 'a source has come')
  t.match(read('dist/lib/three.js'), '3')

  rmSync(path('lib/three.ts'))
  t.match(await build(), compiles, 'a source has gone')
  t.notOk(existsSync(path('dist/lib/three.js')), 'and with it what was compiled of it')
  t.notOk(existsSync(path('dist/lib/three.d.ts')))
  t.equal(await build(), '')

  rmSync(path('dist/lib/two.js'))
  t.match(await build(), compiles, 'something that was compiled has gone')
  t.match(read('dist/lib/two.js'), '2')

  write(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: { ...smallOptions, removeComments: true }, include: ['lib'] })
  )
  t.match(await build(), compiles, 'an option of the compiler has changed')

  write('package-lock.json', '{ "lockfileVersion": 3 }')
  t.match(await build(), compiles, 'what it is compiled against has changed')
  t.equal(await build(), '')

  rmSync(path('dist'), { recursive: true })
  t.match(await build(), compiles, 'all that was compiled has gone')
  t.equal(await build(), '')
})

t.test('what the page has of other packages is copied where it is not what is installed', async (t) => {
  const { path, read, write, build } = smallPackage(t)
  const installed = read('node_modules/uplot/dist/uPlot.min.css')
  const copy = 'dist/lib/server/page/uPlot.min.css'
  await build()
  t.equal(read(copy), installed)

  utimesSync(path(copy), 0, 0)
  await build()
  t.equal(statSync(path(copy)).mtimeMs, 0, 'the same is left alone')

  write(copy, 'another')
  t.equal(await build(), '', 'and nothing is compiled for it')
  t.equal(read(copy), installed)

  write('lib/three.ts', 'export const three = 3\n')
  await build()
  t.equal(read(copy), installed, 'it is nothing that a source was compiled to, and stays')
})

t.test('what cannot be compiled fails, each time', async (t) => {
  const { write, build } = smallPackage(t)
  write('lib/one.ts', "export const one: number = 'one'\n")
  await t.rejects(build(), { message: /TS2322/ })
  await t.rejects(build(), { message: /TS2322/ })
  write('lib/one.ts', 'export const one = 1\n')
  t.match(await build(), compiles)
})

t.test('sources that are put back after a failure are compiled again', async (t) => {
  const { read, write, build } = smallPackage(t)
  await build()
  write('lib/one.ts', "export const one: number = 'reverted'\n")
  await t.rejects(build(), { message: /TS2322/ })
  t.match(read('dist/lib/one.js'), 'reverted')
  write('lib/one.ts', 'export const one = 1\n')
  t.match(await build(), compiles)
  t.notMatch(read('dist/lib/one.js'), 'reverted')
})

/** Starts as a user does, and ends when it listens. */
async function npmStart(folder: string): Promise<{ line: string; stderr: string }> {
  const child = spawn('npm', ['start', '--silent'], {
    cwd: folder,
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true
  })
  const ended = once(child, 'close')
  const stderr = text(child.stderr)
  let line = ''
  for await (line of createInterface({ input: child.stdout })) break
  process.kill(-(child.pid as number), 'SIGTERM')
  await ended
  return { line, stderr: await stderr }
}

t.test('npm start compiles what has changed, and nothing when nothing has', async (t) => {
  // A copy: the times of its files say nothing.
  const folder = t.testdir()
  const entries = [
    '.ci',
    'bench',
    'dist',
    'lib',
    'package-lock.json',
    'package.json',
    'plugins',
    'test',
    'tsconfig.json'
  ]
  for (const entry of entries) cpSync(join(packageFolder, entry), join(folder, entry), { recursive: true })
  symlinkSync(join(packageFolder, 'node_modules'), join(folder, 'node_modules'))
  const started = performance.now()
  const again = await npmStart(folder)
  t.comment(`${Math.round(performance.now() - started)} ms`)
  t.match(again.line, /^listening on http/)
  t.notMatch(again.stderr, /compiling/)

  const file = join(folder, 'lib/server/main.ts')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nprocess.stderr.write('changed')\n`)
  const changed = await npmStart(folder)
  t.match(changed.line, /^listening on http/)
  t.match(changed.stderr, /^compiling.*changed/s)
})
