import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import ts from 'typescript'
import { bundleClient, bundleNames } from '../fixtures/client-bundle.js'
import { root } from '../fixtures/root.js'

t.test('the hook client is some 5 KiB, minified and compressed', async (t) => {
  const bytes = gzipSync(await bundleNames('createHookClient', 'HookClient', 'HookError'), {
    level: 9
  }).length
  t.comment(`${bytes} bytes`)
  t.ok(bytes < 5200, `${bytes} bytes`)
})

t.test('channels that recover are under half a KiB, and load nothing else', async (t) => {
  const bytes = gzipSync(await bundleNames('recoverable'), { level: 9 }).length
  t.comment(`${bytes} bytes`)
  t.ok(bytes < 512, `${bytes} bytes`)
})

t.test('protobuf costs nobody anything who does not load it', async (t) => {
  t.notMatch(await bundleClient('client'), 'protobuf')
  const bytes = gzipSync(await bundleClient('protobuf'), { level: 9 }).length
  t.comment(`${bytes} bytes`)
  t.ok(bytes < 2048, `${bytes} bytes`)
})

t.test('the client compiles with the types of browsers alone, or without those of WebRTC', async (t) => {
  const files = ['client', 'protobuf'].map((name) => fileURLToPath(new URL(`lib/client/${name}.ts`, root)))
  const program = ts.createProgram(files, {
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: []
  })
  const problems = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText)
  t.same(problems, [])
  const sources = program.getSourceFiles().map(({ fileName }) => fileName)
  const outside = sources.filter(
    (name) => !name.includes('/lib/client/') && !name.includes('/typescript/lib/')
  )
  t.same(outside, [], 'no other module of the server, and no types of Node')
})
