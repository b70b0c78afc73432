import fc from 'fast-check'
import t from 'tap'
import { type Param, parseQuery } from '../../lib/transport/query.js'

const piece = fc.oneof(
  fc.constantFrom('[', ']', '[]', '=', '&', '%', '%ff', '%c3%a4', '+', '__proto__', 'constructor', 'a', 'b'),
  fc.string({ unit: 'binary', maxLength: 4 })
)
const query = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))

/** Nothing but text, lists, and maps without a prototype. */
function isParam(value: Param): boolean {
  if (typeof value === 'string') return true
  if (Array.isArray(value)) return value.every(isParam)
  return Object.getPrototypeOf(value) === null && Object.values(value).every(isParam)
}

t.test('every query is parameters or refused, and changes no prototype', async (t) => {
  fc.assert(
    fc.property(query, (text) => {
      try {
        return isParam(parseQuery(text))
      } catch (err) {
        if ((err as { code?: string }).code === 'PHX_ERR_SOCKET_QUERY') return true
        throw err
      }
    }),
    { numRuns: 2000 }
  )
  t.same(Object.keys(Object.prototype), [])
})

t.test('what URLSearchParams wrote is read as it was', async (t) => {
  const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('['))
  fc.assert(
    fc.property(fc.dictionary(name, fc.string()), (params) => {
      t.same({ ...parseQuery(new URLSearchParams(params).toString()) }, { ...params })
    }),
    { numRuns: 300 }
  )
})
