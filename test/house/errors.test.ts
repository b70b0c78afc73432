import t from 'tap'
import * as errors from '../../lib/errors.js'
import * as loadErrors from '../../lib/load/options/errors.js'
import * as serverErrors from '../../lib/server/errors.js'
import { namesIn, read, rowsOf } from '../fixtures/documents.js'

const modules: Readonly<Record<string, object>> = {
  'lib/errors.ts': errors,
  'lib/load/options/errors.ts': loadErrors,
  'lib/server/errors.ts': serverErrors
}

/** Names and codes of what is exported, with where it is made. */
const codes = Object.entries(modules).flatMap(([file, made]) =>
  Object.entries(made as Record<string, new () => { code: string }>).map(([name, CodedError]) => ({
    file,
    name,
    code: new CodedError().code
  }))
)

t.test('every error has a code of its own, which names its area and what went wrong', async (t) => {
  t.ok(codes.length > 0)
  for (const { name, code } of codes) t.match(code, /^PHX_ERR_[A-Z]+_[A-Z_]+$/, name)
  t.equal(new Set(codes.map(({ code }) => code)).size, codes.length)
})

t.test('every error is described where it is made', async (t) => {
  for (const { file, name } of codes) t.match(read(file), new RegExp(`\\*/\nexport const ${name} =`), name)
})

t.test('every error is in the table of the guide, by its code and its name', async (t) => {
  const documented = rowsOf('plugins/guides/errors.md', 'Errors').map(([code, name]) => ({
    code: namesIn(code)[0],
    name: namesIn(name)[0]
  }))
  const byCode = (rows: { code?: string | undefined; name?: string | undefined }[]): string[] =>
    rows.map(({ code, name }) => `${code} ${name}`).sort()
  t.same(byCode(documented), byCode(codes))
})
