// Compiles what is not compiled yet: where nothing has changed that dist/ is made of, nothing is compiled.
//
//     node .ci/build.mjs           what is shipped, the benchmarks and the conformance application
//     node .ci/build.mjs --tests   the tests as well
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyPage, pageOutputs } from './page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
/** What every project depends on beside its sources: how, by what and against what it is compiled. */
const common = ['package.json', 'package-lock.json', 'node_modules/.package-lock.json', 'tsconfig.json']

const product = {
  config: 'tsconfig.json',
  folders: ['lib', 'plugins', 'bench', 'test/conformance/app'],
  // What tsc remembers of its last run; it says nothing of files that were deleted since.
  memory: 'dist/tsconfig.tsbuildinfo',
  outputs: ['.js', '.js.map', '.d.ts'],
  dependsOn: []
}
const tests = {
  config: 'test/tsconfig.json',
  folders: ['test'],
  memory: 'dist/test.tsbuildinfo',
  outputs: ['.js', '.js.map'],
  dependsOn: [product]
}

/** The files in a folder, at any depth, as paths from the root. */
function filesIn(folder) {
  if (!existsSync(join(root, folder))) return []
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

const sourcesOf = ({ folders }) => folders.flatMap(filesIn).filter((path) => path.endsWith('.ts'))

/** Says whether files are what they were, by their content: a checkout or a copy gives them any time. */
function fingerprint(paths) {
  const hash = createHash('sha256')
  for (const path of paths.sort()) {
    const content = existsSync(join(root, path)) ? readFileSync(join(root, path)) : ''
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

function outputsOf(project) {
  const compiled = sourcesOf(project).filter((path) => !path.endsWith('.d.ts'))
  const stems = compiled.map((path) => `dist/${path.slice(0, -'.ts'.length)}`)
  return new Set(stems.flatMap((stem) => project.outputs.map((ending) => stem + ending)))
}

/** What was compiled from sources that are gone: it would be shipped, and found by imports. */
function removeStale(outputs) {
  for (const { folders } of [product, tests]) {
    for (const path of folders.flatMap((folder) => filesIn(`dist/${folder}`))) {
      if (!outputs.has(path)) rmSync(join(root, path))
    }
  }
}

/** The status of the compiler, which is 0 where there was nothing to do. */
function build(project) {
  const { config, memory, dependsOn } = project
  const inputs = [project, ...dependsOn].flatMap(sourcesOf)
  const made = fingerprint([...common, config, ...inputs])
  const stampFile = join(root, memory.replace('.tsbuildinfo', '.stamp'))
  const stamp = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
  const isWhole = [...outputsOf(project)].every((path) => existsSync(join(root, path)))
  if (stamp === made && isWhole) return 0
  removeStale(new Set([...pageOutputs, ...[product, tests].flatMap((each) => [...outputsOf(each)])]))
  if (!isWhole) rmSync(join(root, memory), { force: true })
  // What the compiler writes before it fails is of no sources that a stamp names.
  rmSync(stampFile, { force: true })
  process.stderr.write(`compiling what ${config} names\n`)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, config)], { stdio: ['ignore', 2, 2] })
  if (status === 0) writeFileSync(stampFile, made)
  return status ?? 1
}

copyPage(root)
process.exitCode = build(product)
if (process.exitCode === 0 && process.argv.includes('--tests')) process.exitCode = build(tests)
