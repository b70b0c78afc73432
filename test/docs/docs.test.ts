import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import t from 'tap'
import ts from 'typescript'
import { envelopeProto } from '../../bench/lib/rtc-envelope.js'
import { blocksOf, documents, guides, read, rowsOf, sectionOf } from '../fixtures/documents.js'
import { root } from '../fixtures/root.js'
import { messagesOf } from '../fixtures/rtc-envelope.js'

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

/** Fences that a test of this folder looks into, and those that nothing here can run. */
const languages = new Set([
  'ts',
  'js',
  'proto',
  'nginx',
  'sh',
  'dockerfile',
  'ini',
  'yaml',
  'haproxy',
  'caddyfile',
  'elixir',
  'text'
])

for (const path of documents) {
  t.test(`the links of ${path} lead somewhere`, async (t) => {
    for (const [, target] of read(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file, fragment] = `${target}`.split('#')
      const url = file === '' ? new URL(path, root) : new URL(`${file}`, new URL(path, root))
      t.ok(existsSync(url), `${target} exists`)
      if (fragment === undefined) continue
      t.ok(anchors(read(url.href.slice(root.href.length))).includes(fragment), `${target} is a heading`)
    }
  })

  t.test(`the code of ${path} says what it is, and JavaScript is that`, async (t) => {
    for (const { language, code, line } of blocksOf(path)) {
      t.ok(languages.has(language), `line ${line}: ${language}`)
      if (language !== 'js') continue
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

for (const path of guides) {
  t.test(`${path} begins with a task and its code`, async (t) => {
    const [start = ''] = read(path).split(/^## /m)
    t.match(start, /^# .*\n\n\*\*Task: /)
    t.match(start, /^```(ts|sh)$/m)
  })
}

t.test('the README is what one reads in ten minutes, and names every guide', async (t) => {
  const lines = read('README.md').trim().split('\n').length
  t.ok(lines < 300, `${lines} lines`)
  const linked = new Set(
    [...sectionOf('README.md', 'Guides').matchAll(/\((plugins\/guides\/[\w-]+\.md)\)/g)].map(
      ([, path]) => path
    )
  )
  t.same(
    guides.filter((path) => !linked.has(path)),
    []
  )
})

t.test('the guides are in the package', async (t) => {
  const { files } = JSON.parse(read('package.json')) as { files: string[] }
  t.ok(files.includes('plugins'))
  t.notOk(files.some((entry) => /^!plugins\/guides/.test(entry)))
})

t.test('the README has every room of lib', async (t) => {
  const [, picture = ''] = /^lib\/.*?\n(.*?)^test\//ms.exec(read('README.md')) ?? []
  const pictured = [...picture.matchAll(/^ {2}([\w.-]+)\/? +\S/gm)].map(([, name]) => name)
  t.same(pictured.sort(), (await readdir(new URL('lib/', root))).sort())
})

t.test('the guide has the envelope that the tests speak', async (t) => {
  const [proto] = blocksOf('plugins/guides/datachannels.md').filter(({ language }) => language === 'proto')
  t.same(messagesOf(`${proto?.code}`).toJSON(), messagesOf(envelopeProto).toJSON())
})

t.test(
  'the documents say how many conversations are answered as by Phoenix, and which are not',
  async (t) => {
    let played = 0
    for (const file of await readdir(new URL('test/conformance/cases/', root))) {
      played += JSON.parse(read(`test/conformance/cases/${file}`)).cases.length
    }
    const different = Object.keys(JSON.parse(read('test/conformance/expected-failures.json')))
    const readme = read('README.md').replaceAll('\n', ' ')
    t.match(readme, `plays ${played} conversations`)
    t.match(readme, `${played - different.length} are answered alike; the other ${different.length}`)
    t.match(read('plugins/guides/from-phoenix.md'), `plays ${played} conversations`)
    const rows = rowsOf('plugins/guides/phoenix-differences.md', 'Thirteen conversations')
    const described = rows.flatMap(([cell]) =>
      [...`${cell}`.matchAll(/`([a-z-]+\/[a-z][a-z0-9-]+)`/g)].map(([, name]) => name)
    )
    t.same(described.sort(), different.sort())
  }
)
