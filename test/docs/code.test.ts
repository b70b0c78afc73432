import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { documents, modulesOf } from '../fixtures/documents.js'
import { root } from '../fixtures/root.js'

/** What the code of a document imports, and a reader has: modules of their own, and libraries that we do not install. */
const given: Record<string, Record<string, string>> = {
  'plugins/guides/from-phoenix.md': {
    'chat.ts': `
      export const role = async (_room: string, userId: string): Promise<string | undefined> => userId
      export const names = async (ids: string[]): Promise<Record<string, string>> =>
        Object.fromEntries(ids.map((id) => [id, id]))`
  },
  'plugins/guides/client.md': {
    'gen/arena_pb.ts': `
      export const MoveRequestSchema = {}
      export const MoveReplySchema = {}`,
    'protobuf-es.d.ts': `
      declare module '@bufbuild/protobuf' {
        type Json = string | number | boolean | null | Json[] | { [field: string]: Json }
        export function fromJson(schema: object, json: Json): object
        export function toBinary(schema: object, message: object): Uint8Array
        export function fromBinary(schema: object, bytes: Uint8Array): object
        export function toJson(schema: object, message: object, options?: { useProtoFieldName?: boolean }): Json
      }`
  }
}

const slug = (path: string): string => path.replace(/\.md$/, '').replaceAll('/', '-')

t.test('the TypeScript of the documents compiles, strictly', async (t) => {
  const all = documents
    .map((path) => [path, modulesOf(path)] as const)
    .filter(([, modules]) => Object.keys(modules).length > 0)
  t.ok(all.length > 10)
  const folder = t.testdir(
    Object.fromEntries(all.map(([path, modules]) => [slug(path), tree({ ...modules, ...given[path] })]))
  )
  const files = all.flatMap(([path, modules]) =>
    Object.keys({ ...modules, ...given[path] }).map((file) => join(folder, slug(path), file))
  )
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    strict: true,
    noUnusedLocals: true,
    noEmit: true,
    skipLibCheck: true,
    typeRoots: [new URL('node_modules/@types', root).pathname]
  })
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? '' : file.getLineAndCharacterOfPosition(start).line + 1
    return `${file?.fileName.slice(folder.length + 1)}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  t.same(problems, [])
})

interface Tree {
  [name: string]: string | Tree
}

/** Files by their path as tap makes folders of them. */
function tree(files: Record<string, string>): Tree {
  const top: Tree = {}
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/')
    const name = parts.pop() as string
    let at = top
    for (const part of parts) {
      at[part] ??= {}
      at = at[part] as Tree
    }
    at[name] = content
  }
  return top
}
