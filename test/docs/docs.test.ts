import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import ts from 'typescript'
import { envelopeProto } from '../../bench/lib/rtc-envelope.js'
import { defaultLimits } from '../../lib/limits/limits.js'
import { root } from '../fixtures/root.js'
import { messagesOf } from '../fixtures/rtc-envelope.js'

const documents = ['README.md', 'CHANGELOG.md', 'bench/README.md', 'bench/loss.md', 'plugins/from-phoenix.md']

const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

/** What GitHub makes of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}

function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(`${heading}`))
}

for (const path of documents) {
  t.test(`the links of ${path} lead somewhere`, async (t) => {
    const text = await read(path)
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file, fragment] = `${target}`.split('#')
      const url = file === '' ? new URL(path, root) : new URL(`${file}`, new URL(path, root))
      t.ok(existsSync(url), `${target} exists`)
      if (fragment === undefined) continue
      t.ok(anchors(await readFile(url, 'utf8')).includes(fragment), `${target} is a heading`)
    }
  })

  t.test(`the JavaScript of ${path} is JavaScript`, async (t) => {
    for (const [, code = ''] of (await read(path)).matchAll(/^```js\n(.*?)^```/gms)) {
      const { diagnostics } = ts.transpileModule(code, {
        fileName: 'example.js',
        reportDiagnostics: true,
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext, allowJs: true }
      })
      const problems = diagnostics?.map(({ messageText }) => messageText)
      t.same(problems, [], code)
    }
  })
}

/** The names in the first column of the tables of a section. */
async function rows(heading: string): Promise<Set<string>> {
  const [, section = ''] = (await read('README.md')).split(new RegExp(`^## ${heading}$`, 'm'))
  const [body = ''] = section.split(/^## /m)
  const cells = [...body.matchAll(/^\|([^|]*)\|/gm)].map(([, cell]) => `${cell}`)
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name]) => `${name}`)))
}

t.test('the README has the envelope that the tests speak', async (t) => {
  const [, proto = ''] = /^```proto\n(.*?)^```/ms.exec(await read('README.md')) ?? []
  t.same(messagesOf(proto).toJSON(), messagesOf(envelopeProto).toJSON())
})

t.test('the README has a row for each limit', async (t) => {
  t.same([...(await rows('Limits'))].sort(), Object.keys(defaultLimits).sort())
})

t.test('the README has a row for each option of the plugin', async (t) => {
  const source = await read('plugins/options.ts')
  const [, list = ''] = /const optionNames = new Set<string>\(\[(.*?)\]\)/s.exec(source) ?? []
  const names = [...list.replace(/\/\/.*$/gm, '').matchAll(/'(\w+)'/g)].map(([, name]) => `${name}`)
  const ofFastify = new Set(['prefix', 'logLevel', 'logSerializers'])
  const documented = await rows('Options of the plugin')
  t.ok(names.length > 10)
  t.same(
    names.filter((name) => !ofFastify.has(name) && !documented.has(name)),
    []
  )
})

t.test(
  'the documents say how many conversations are answered as by Phoenix, and which are not',
  async (t) => {
    const cases = new URL('test/conformance/cases/', root)
    let played = 0
    for (const file of await readdir(cases)) {
      played += JSON.parse(await readFile(new URL(file, cases), 'utf8')).cases.length
    }
    const different = Object.keys(JSON.parse(await read('test/conformance/expected-failures.json')))
    const readme = await read('README.md')
    const guide = await read('plugins/from-phoenix.md')
    t.match(readme, `plays ${played} conversations`)
    t.match(readme, `${played - different.length} are answered alike; the other ${different.length}`)
    t.match(guide, `plays ${played} conversations`)
    const described = [...guide.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell]) =>
      [...`${cell}`.matchAll(/`([a-z-]+\/[a-z][a-z0-9-]+)`/g)].map(([, name]) => name)
    )
    t.same(described.sort(), different.sort())
  }
)
