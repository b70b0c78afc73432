import t from 'tap'
import { defineHooks, hooksOf } from '../../../lib/hooks/define.js'
import type { HookFunctions } from '../../../lib/hooks/types.js'

const hook = () => ({})

function typedOf(functions: HookFunctions, proto: string): string[] {
  const hooks = hooksOf(defineHooks('demo', functions, { proto }))
  return [...(hooks?.values() ?? [])].filter(({ messages }) => messages !== undefined).map(({ name }) => name)
}

const proto3 = (text: string) => `syntax = "proto3"; ${text}`
const pair = (name: string) => proto3(`message ${name}Request {} message ${name}Reply {}`)

t.test('a function is typed by messages of its name in Pascal case', async (t) => {
  const names: [fn: string, name: string][] = [
    ['hello_proto', 'HelloProto'],
    ['hello', 'Hello'],
    ['helloProto', 'HelloProto'],
    ['move_2d', 'Move2d'],
    ['a__b', 'AB']
  ]
  for (const [fn, name] of names) t.same(typedOf({ [fn]: hook, other: hook }, pair(name)), [fn], fn)
})

t.test('messages may be in a package, and others beside them', async (t) => {
  t.same(
    typedOf(
      { hello: hook, wave: hook },
      `// comment
      /* and another */
      syntax = 'proto3';
      package game.v1;
      message HelloRequest { optional Other other = 1; Side side = 2; }
      message HelloReply { repeated Other others = 1; }
      message Other { Other nested = 1; }
      message FriendRequest { string from = 1; }
      message UnusedRequest {} message UnusedReply {}
      enum Side { LEFT = 0; RIGHT = 1; }
      service Game { rpc Hello (HelloRequest) returns (HelloReply); }`
    ),
    ['hello']
  )
  t.same(typedOf({ hello: hook }, proto3('message Game { message HelloRequest {} }')), [])
  t.same(typedOf({ hello: hook }, proto3('')), [])
})

t.test('reserved names are never typed hooks', async (t) => {
  t.same(typedOf({ _hello: hook, after_startup: hook }, pair('Hello')), [])
})

t.test('a proto text that is wrong is refused with an error that names the plugin', async (t) => {
  const request = 'message HelloReply {} message HelloRequest'
  const bad: [text: unknown, problem: string | RegExp][] = [
    [5, 'it must be the text of a proto file'],
    [null, 'it must be the text of a proto file'],
    ['', 'it must say syntax = "proto3"'],
    ['message A {}', 'it must say syntax = "proto3"'],
    ['syntax = "proto2"; message A {}', 'it must say syntax = "proto3"'],
    ['edition = "2023"; message A {}', 'it must say syntax = "proto3"'],
    [proto3('message A { string x = ; }'), "illegal id ';' (line 1)"],
    [proto3('message A { string x = 1;'), /illegal/],
    [proto3('hello'), "illegal token 'hello' (line 1)"],
    [proto3('message A { B b = 1; }'), "no such Type or Enum 'B'"],
    [proto3('message A { string x = 1; string y = 1; }'), 'duplicate id 1'],
    [proto3('message A {} message A {}'), "duplicate name 'A'"],
    [proto3('message A { map<float, string> x = 1; }'), 'illegal type'],
    [proto3('message HelloRequest {}'), 'there is a HelloRequest for hello, but no HelloReply'],
    [proto3('message HelloReply {}'), 'there is a HelloReply for hello, but no HelloRequest'],
    [proto3('import "google/protobuf/timestamp.proto";'), 'it cannot import google/protobuf/timestamp.proto'],
    [proto3('import public "other.proto";'), 'it cannot import other.proto'],
    [proto3('message A { google.protobuf.Timestamp at = 1; }'), "no such Type or Enum 'google.protobuf"],
    [proto3(`${request} { string __proto__ = 1; }`), 'nothing can be named __proto__'],
    [proto3(`${request} { string x = 0; }`), 'HelloRequest.x cannot be number 0'],
    [proto3(`${request} { string x = 19500; }`), 'HelloRequest.x cannot be number 19500'],
    [proto3('package a.b; message A { message B { int32 x = 0; } }'), 'a.b.A.B.x cannot be number 0'],
    [proto3('message A { enum Side { LEFT = 1; } }'), 'the first value of .A.Side must be 0'],
    [proto3('message A {} extend A { string x = 1; }'), 'extensions are not supported'],
    [proto3('message A { group B = 1 { string x = 2; } }'), /illegal|group/],
    [`${proto3('message A {')} ${'message B {'.repeat(500)}`, /depth|illegal/]
  ]
  for (const [proto, problem] of bad) {
    try {
      defineHooks('arena', { hello: hook }, { proto: proto as string })
      t.fail(`accepted: ${proto}`)
    } catch (err) {
      t.match(err, { code: 'PHX_ERR_HOOKS_DEFINITION', message: 'hook plugin arena: proto: ' }, String(proto))
      t.match(err, { message: problem }, String(proto))
    }
  }
})

t.test('a function has schemas or messages, not both', async (t) => {
  const schemas = { hello: { args: [{ type: 'object' }] } }
  t.throws(() => defineHooks('arena', { hello: hook }, { proto: pair('Hello'), schemas }), {
    code: 'PHX_ERR_HOOKS_DEFINITION',
    message: 'hook plugin arena: hello has both schemas and messages'
  })
  t.same(typedOf({ hello: hook, other: hook }, pair('Hello')), ['hello'])
  defineHooks('arena', { hello: hook, other: hook }, { proto: pair('Other'), schemas })
})

t.test('two plugins may have messages of the same name', async (t) => {
  t.same(typedOf({ hello: hook }, pair('Hello')), ['hello'])
  t.same(typedOf({ hello: hook }, proto3('message HelloRequest { int32 x = 1; } message HelloReply {}')), [
    'hello'
  ])
})
