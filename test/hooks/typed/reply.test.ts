import t from 'tap'
import { failed, ok } from '../helpers.js'
import { protoOf, typedWorld } from './helpers.js'

const fields = `int32 n = 1; int64 big = 2; float f = 3; bytes raw = 4; string s = 5; Side side = 6;
  repeated int32 list = 7; map<string, int32> map = 8; oneof pick { string one = 9; bool two = 10; }
  repeated Node children = 11; map<int32, int64> numbers = 12; map<bool, Node> flags = 13; bool b = 14;`
const proto = protoOf(
  fields,
  `message Node { Node next = 1; Node other = 2; } enum Side { LEFT = 0; RIGHT = 1; }`
)

const circular: Record<string, unknown> = {}
circular.next = circular
circular.other = circular

/** Messages inside each other, `depth` of them. */
function chain(depth: number): object {
  let node = {}
  for (let i = 1; i < depth; i++) node = { next: node }
  return node
}

t.test('what does not fit the reply message is refused in every format, and logged', async (t) => {
  let value: unknown
  const { callJson, callRaw, log } = typedWorld(proto, () => value)
  const unfit: unknown[] = [
    undefined,
    null,
    5,
    'text',
    [],
    { n: '1' },
    { n: 1.5 },
    { n: 2 ** 31 },
    { n: 1n },
    { n: Number.NaN },
    { big: '1' },
    { big: 2 ** 53 },
    { big: 2n ** 63n },
    { f: '1' },
    { f: 1e39 },
    { raw: 'eA==' },
    { raw: [1] },
    { s: 1 },
    { s: '\ud800' },
    { s: new Date(0) },
    { b: 1 },
    { side: 'UP' },
    { side: 'constructor' },
    { side: 1.5 },
    { list: 1 },
    { list: { 0: 1 } },
    { list: [null] },
    { list: Array(1) },
    { map: [] },
    { map: { a: null } },
    { map: { a: 'x' } },
    { map: { '\udc00': 1 } },
    { numbers: { x: 1 } },
    { numbers: { '01': 1 } },
    { numbers: { 2147483648: 1 } },
    { flags: { yes: {} } },
    { one: 'a', two: false },
    { unknown: 1 },
    { constructor: 1 },
    { children: [circular] },
    { children: [chain(101)] },
    { children: [[]] }
  ]
  for (value of unfit) {
    t.strictSame(callJson(), failed('result_not_json_encodable'), JSON.stringify(log.lines.at(-1)))
    t.strictSame(callRaw(new Uint8Array()), failed('result_not_json_encodable'))
  }
  t.equal(log.lines.length, 2 * unfit.length)
  t.match(log.lines[10], { level: 'warn', details: { err: { message: 'RunReply.n must be an integer' } } })
})

t.test('what fits is answered, however a hook makes its objects', async (t) => {
  let value: unknown
  const { callJson, callRaw } = typedWorld(proto, () => value)
  class Reply {
    n = 1
    get computed(): number {
      return 5
    }
  }
  const shared = {}
  const fitting: [value: unknown, part: string][] = [
    [{}, '"n":0,"big":"0","f":0,"raw":"","s":"","side":"LEFT","list":[],"map":{}'],
    [new Reply(), '"n":1,'],
    [Object.assign(Object.create(null), { n: 2 }), '"n":2,'],
    [{ n: undefined, s: null, one: undefined, two: true }, '"two":true'],
    [{ n: -0 }, '"n":0,'],
    [{ big: 5 }, '"big":"5"'],
    [{ big: -5n }, '"big":"-5"'],
    [{ f: Number.POSITIVE_INFINITY }, '"f":"Infinity"'],
    [{ f: 0.1 }, '"f":0.10000000149011612'],
    [{ raw: new Uint8Array([255]) }, '"raw":"/w=="'],
    [{ raw: new Uint8Array([0, 255, 0]).subarray(1, 2) }, '"raw":"/w=="'],
    [{ side: 'RIGHT' }, '"side":"RIGHT"'],
    [{ side: 1 }, '"side":"RIGHT"'],
    [{ side: 9 }, '"side":9'],
    [{ map: JSON.parse('{"__proto__":1,"constructor":2}') }, '"map":{"__proto__":1,"constructor":2}'],
    [{ map: { gone: undefined } }, '"map":{}'],
    [{ numbers: { '-1': 9n } }, '"numbers":{"-1":"9"}'],
    [{ flags: { true: {} } }, '"flags":{"true":{}}'],
    [{ children: [shared, shared, chain(100)] }, '"children":[{},{},{"next":']
  ]
  for (const [fits, part] of fitting) {
    value = fits
    const result = callJson()
    t.match(result.ok && result.json, part)
    t.ok(callRaw(new Uint8Array()).ok, part)
  }
})

t.test('a reply without fields is an empty object', async (t) => {
  const { callJson, callRaw } = typedWorld(protoOf(''), () => ({}))
  t.strictSame(callJson(), ok('{}'))
  t.match(callRaw(new Uint8Array()), { ok: true, raw: { length: 0 } })
})
