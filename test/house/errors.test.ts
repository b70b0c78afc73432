import { readFile } from 'node:fs/promises'
import t from 'tap'
import * as errors from '../../lib/errors.js'
import { root } from '../fixtures/root.js'

const read = (file: string): Promise<string> => readFile(new URL(file, root), 'utf8')

/** Names and codes of what is exported. */
const codes = Object.entries(errors as unknown as Record<string, new () => { code: string }>).map(
  ([name, CodedError]) => ({ name, code: new CodedError().code })
)

t.test('every error has a code of its own, which names its area and what went wrong', async (t) => {
  t.ok(codes.length > 0)
  for (const { name, code } of codes) t.match(code, /^PHX_ERR_[A-Z]+_[A-Z_]+$/, name)
  t.equal(new Set(codes.map(({ code }) => code)).size, codes.length)
})

t.test('every error is described where it is made', async (t) => {
  const source = await read('lib/errors.ts')
  for (const { name } of codes) t.match(source, new RegExp(`\\*/\nexport const ${name} =`), name)
})

t.test('every error is in the table of the README', async (t) => {
  let readme: string
  try {
    readme = await read('README.md')
  } catch {
    t.comment('skipped: there is no README.md yet')
    return
  }
  const documented = new Set([...readme.matchAll(/^\|\s*`(PHX_ERR_\w+)`/gm)].map(([, code]) => code))
  t.same(
    codes.map(({ code }) => code).filter((code) => !documented.has(code)),
    [],
    'codes without a row'
  )
  const made = new Set(codes.map(({ code }) => code))
  t.same(
    [...documented].filter((code) => !made.has(`${code}`)),
    [],
    'rows without a code'
  )
})
