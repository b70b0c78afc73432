import t from 'tap'
import { defineHooks, type HookOptions, hooksOf } from '../../lib/hooks/define.js'

const hook = () => 1
const namesOf = (plugin: object) => [...(hooksOf(plugin)?.keys() ?? [])]

t.test('functions are hooks; private names and other members are none', async (t) => {
  const functions = { fire: hook, _helper: hook, after_startup: hook, version: 3 as never }
  const arena = defineHooks('arena', functions)
  t.equal(arena.name, 'arena')
  t.strictSame(namesOf(arena), ['fire'])
  t.strictSame(Object.keys(arena.lifecycle), ['after_startup'])
  t.ok(hooksOf(arena))
  t.notOk(hooksOf({ ...arena }))
  t.notOk(hooksOf(undefined))
})

t.test('inherited functions are no hooks', async (t) => {
  class Arena {
    fire = hook
    secret() {}
  }
  t.strictSame(namesOf(defineHooks('arena', { ...new Arena() })), ['fire'])
  t.strictSame(namesOf(defineHooks('arena', Object.create({ secret: hook }))), [])
})

t.test('lifecycle functions may stand among the functions or the options', async (t) => {
  const ran: string[] = []
  const functions = { after_startup: () => ran.push('startup') }
  const { lifecycle } = defineHooks('arena', functions, { before_stop: () => ran.push('stop') })
  lifecycle.after_startup?.()
  lifecycle.before_stop?.()
  t.strictSame(ran, ['startup', 'stop'])
})

t.test('bad definitions are refused with an error that names plugin and function', async (t) => {
  const options = (given: unknown) => given as HookOptions<{ fire: typeof hook }>
  const schemas = (fire: unknown) => options({ schemas: { fire } })
  const bad: [problem: string | RegExp, define: () => unknown][] = [
    ['without a name: the name must be a string', () => defineHooks('', {})],
    ['named with bigint: the name must be', () => defineHooks(1n as unknown as string, {})],
    ['arena: the functions must be an object', () => defineHooks('arena', null as never)],
    ['arena: the functions must be an object', () => defineHooks('arena', [] as never)],
    ['arena: the options must be an object', () => defineHooks('arena', {}, 5 as never)],
    ['arena: there is no option schema', () => defineHooks('arena', { fire: hook }, options({ schema: {} }))],
    ['arena: schemas must be an object', () => defineHooks('arena', { fire: hook }, options({ schemas: 7 }))],
    [
      'arena: schemas must be an object',
      () => defineHooks('arena', { fire: hook }, options({ schemas: null }))
    ],
    [
      'arena: schemas are given for fires, which is no hook',
      () => defineHooks('arena', { fire: hook }, options({ schemas: { fires: {} } }))
    ],
    [
      'arena: schemas are given for _fire, which is no hook',
      () => defineHooks('arena', { _fire: hook }, { schemas: { _fire: {} } })
    ],
    ['arena: the schemas of fire must be an object', () => defineHooks('arena', { fire: hook }, schemas([]))],
    [
      'arena: the schemas of fire are args and reply, not arg',
      () => defineHooks('arena', { fire: hook }, schemas({ arg: {} }))
    ],
    [
      'arena: the args schema of fire cannot be compiled: ',
      () => defineHooks('arena', { fire: hook }, schemas({ args: [{ type: 'nothing' }] }))
    ],
    [
      'arena: the args schema of fire cannot be compiled: ',
      () => defineHooks('arena', { fire: hook }, schemas({ args: 'number' }))
    ],
    [
      'arena: the args schema of fire cannot be compiled: $async',
      () => defineHooks('arena', { fire: hook }, schemas({ args: { $async: true } }))
    ],
    [
      /arena: the reply schema of fire cannot be compiled: .*propertis/,
      () => defineHooks('arena', { fire: hook }, schemas({ reply: { type: 'object', propertis: {} } }))
    ],
    [
      /arena: the reply schema of fire cannot be compiled: .*nothing-known/,
      () =>
        defineHooks('arena', { fire: hook }, schemas({ reply: { type: 'string', format: 'nothing-known' } }))
    ],
    [
      'arena: before_stop must be a function',
      () => defineHooks('arena', { fire: hook }, options({ before_stop: 1 }))
    ],
    ['arena: after_startup must be a function', () => defineHooks('arena', { after_startup: 1 as never })],
    [
      'arena: after_startup is given twice',
      () => defineHooks('arena', { after_startup: hook }, { after_startup: hook })
    ]
  ]
  for (const [problem, define] of bad) {
    try {
      define()
      t.fail(`accepted: ${problem}`)
    } catch (err) {
      t.match(err, { code: 'PHX_ERR_HOOKS_DEFINITION', message: problem })
    }
  }
})

t.test('two plugins may use schemas with the same $id', async (t) => {
  const reply = { $id: 'https://example.org/score', type: 'number' }
  defineHooks('one', { fire: hook }, { schemas: { fire: { reply } } })
  defineHooks('two', { fire: hook }, { schemas: { fire: { reply: { ...reply } } } })
  t.pass()
})

t.test('what looks like a hook and never could be called is refused by name', async (t) => {
  class Arena {}
  const refused: [name: string, member: unknown, problem: RegExp][] = [
    ['Arena', Arena, /hook plugin arena: Arena is a class/],
    ['Date', Date, /Date is a class/],
    ['before_stop', Arena, /before_stop is a class/],
    ...['toString', 'valueOf', 'constructor', 'hasOwnProperty', '__defineGetter__'].map(
      (name): [string, unknown, RegExp] => [name, hook, new RegExp(`${name} cannot be a hook`)]
    )
  ]
  for (const [name, member, message] of refused) {
    const functions = { fire: hook, [name]: member as typeof hook }
    t.throws(() => defineHooks('arena', functions), { code: 'PHX_ERR_HOOKS_DEFINITION', message })
  }
  t.throws(() => defineHooks('arena', {}, { after_startup: Arena as unknown as () => void }), {
    message: /after_startup must be a function/
  })
})

t.test('an option that is almost one is named', async (t) => {
  t.throws(() => defineHooks('arena', {}, { beforeStop: hook } as object), {
    message: /there is no option beforeStop; did you mean before_stop\?/
  })
})

t.test('functions of every kind are hooks', async (t) => {
  const functions = {
    arrow: () => 1,
    async later() {
      return 1
    },
    old: function old() {
      return 1
    },
    bound: (() => 1).bind(null)
  }
  t.strictSame(namesOf(defineHooks('kinds', functions)), ['arrow', 'later', 'old', 'bound'])
})
