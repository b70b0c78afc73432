import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from '../fixtures/root.js'

const packageFolder = fileURLToPath(root)
const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"`])([^'"`]+)\1/g

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

async function filesOf(folder: string, names: RegExp): Promise<{ path: string; text: string }[]> {
  const files = (await readdir(join(packageFolder, folder), { recursive: true })).filter((file) =>
    names.test(file)
  )
  const paths = files.map((file) => `${folder}/${file}`)
  return Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(join(packageFolder, path), 'utf8') }))
  )
}

async function sources(): Promise<Source[]> {
  const files = [...(await filesOf('lib', /\.ts$/)), ...(await filesOf('plugins', /\.ts$/))]
  return files.map(({ path, text }) => ({
    path,
    text,
    imports: [...text.matchAll(importPattern)].map(([, , name]) => `${name}`)
  }))
}

/** Who imports something of the kind, but for those who may. */
async function trespassers(kind: RegExp, mayImport: (path: string) => boolean): Promise<string[]> {
  const importers = (await sources()).filter(({ imports }) => imports.some((name) => kind.test(name)))
  return importers.map(({ path }) => path).filter((path) => !mayImport(path))
}

t.test('imports are found, static, dynamic and of types', async (t) => {
  const text = `import a from 'a'; import 'b'; import type { C } from "c"; export * from 'd'
    const e = await import('e'); type F = import('f').F; const g = require(\`g\`)
    import {
      h
    } from 'h'`
  t.same(
    [...text.matchAll(importPattern)].map(([, , name]) => name),
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  )
  const all = await sources()
  t.ok(all.length > 30 && all.every(({ path, imports }) => imports.length > 0 || path.startsWith('lib/')))
})

t.test('lib knows no web framework: only plugins import fastify, but for the errors', async (t) => {
  const mayImport = (path: string): boolean =>
    path.startsWith('plugins/') || path === 'lib/util/coded-error.ts'
  t.same(await trespassers(/^(fastify$|fastify\/|fastify-plugin|@fastify\/)/, mayImport), [])
})

t.test('the errors import @fastify/error alone', async (t) => {
  const errors = (await sources()).find(({ path }) => path === 'lib/util/coded-error.ts')
  t.same(errors?.imports, ['@fastify/error'])
})

t.test(
  'lib does not reach into the plugins, but for the reference server, which is an application',
  async (t) => {
    t.same(await trespassers(/\/plugins\//, (path) => path.startsWith('lib/server/')), [])
  }
)

t.test('one file alone imports node-datachannel', async (t) => {
  t.same(await trespassers(/^node-datachannel/, (path) => path === 'lib/webrtc/node-datachannel.ts'), [])
})

t.test("nothing calls the library's clean-up, which aborts where a channel was collected", async (t) => {
  const folders = ['lib', 'plugins', 'test', 'bench'].map((folder) => filesOf(folder, /\.(ts|js)$/))
  const calls = (await Promise.all(folders)).flat().filter(({ text }) => /\bcleanup\s*\(/.test(text))
  t.same(
    calls.map(({ path }) => path),
    []
  )
})

t.test('one file alone imports fast-json-stringify', async (t) => {
  t.same(await trespassers(/^fast-json-stringify/, (path) => path === 'lib/hooks/reply-stringifier.ts'), [])
})

t.test('typed hooks alone import protobufjs', async (t) => {
  t.same(await trespassers(/^protobufjs/, (path) => path.startsWith('lib/hooks/typed/')), [])
})

t.test('encrypted tokens alone import a cipher that is not of Node', async (t) => {
  t.same(await trespassers(/^@noble\//, (path) => path === 'lib/auth/message-encryptor.ts'), [])
})

t.test(
  'the engine of Redis alone imports its client, which applications without it do not have',
  async (t) => {
    t.same(await trespassers(/^@redis\//, (path) => path.startsWith('lib/cluster/redis/')), [])
  }
)
t.test(
  'the metrics alone import a client of Prometheus, which applications without it do not have',
  async (t) => {
    const mayImport = (path: string): boolean =>
      path.startsWith('lib/metrics/') || path === 'plugins/metrics.ts'
    t.same(await trespassers(/^prom-client/, mayImport), [])
  }
)
t.test(
  'the engine of NATS alone imports its client, which applications without it do not have',
  async (t) => {
    t.same(await trespassers(/^@nats-io\//, (path) => path.startsWith('lib/cluster/nats/')), [])
  }
)
t.test('OpenTelemetry alone imports its interface, which applications without it do not have', async (t) => {
  const mayImport = (path: string): boolean => path.startsWith('lib/otel/') || path === 'plugins/otel.ts'
  t.same(await trespassers(/^@opentelemetry\//, mayImport), [])
  const entries = ['plugins/otel.ts']
  t.same(await trespassers(/\/otel\/|^\.\/otel\.js$/, (path) => entries.includes(path)), [])
})
