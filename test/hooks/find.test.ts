import t from 'tap'
import { defineHooks, type HookPlugin } from '../../lib/hooks/define.js'
import { HookRegistry } from '../../lib/hooks/registry.js'
import { failed, ok, request, world } from './helpers.js'

const plugin = defineHooks('demo', {
  echo: (_call, value) => value,
  _hidden: () => 'secret',
  after_startup: () => 'secret',
  version: 3 as never
})

t.test('a hook is found by plugin and function', async (t) => {
  const { session } = world([plugin, defineHooks('other', { echo: () => 'other' })])
  t.strictSame(session.call(request('demo', 'echo', [1])), ok('1'))
  t.strictSame(session.call(request('other', 'echo', [1])), ok('"other"'))
})

t.test('what cannot be called says why', async (t) => {
  const { session } = world([plugin])
  const expected: [plugin: string, fn: string, reason: string][] = [
    ['nope', 'echo', 'not_found'],
    ['nope', 'constructor', 'not_found'],
    ['__proto__', 'echo', 'not_found'],
    ['constructor', 'name', 'not_found'],
    ['', '', 'not_found'],
    ['demo', 'after_startup', 'reserved_hook_name'],
    ['demo', 'before_stop', 'reserved_hook_name'],
    ['demo', 'after_user_joined', 'reserved_hook_name'],
    ['demo', 'after_user_left', 'reserved_hook_name'],
    ['demo', '_hidden', 'reserved_hook_name'],
    ['demo', '_', 'reserved_hook_name'],
    ['demo', '__proto__', 'reserved_hook_name'],
    ['demo', '__defineGetter__', 'reserved_hook_name'],
    ['demo', 'constructor', 'reserved_hook_name'],
    ['demo', 'toString', 'reserved_hook_name'],
    ['demo', 'hasOwnProperty', 'reserved_hook_name'],
    ['demo', 'version', 'not_implemented'],
    ['demo', 'nope', 'not_implemented'],
    ['demo', '', 'not_implemented']
  ]
  for (const [name, fn, reason] of expected) {
    t.strictSame(session.call(request(name, fn)), failed(reason), `${name}.${fn}`)
  }
})

t.test('two plugins of one name are refused', async (t) => {
  t.throws(() => new HookRegistry([plugin, defineHooks('demo', {})]), {
    code: 'PHX_ERR_HOOKS_DUPLICATE',
    message: 'hook plugin demo is there twice'
  })
})

t.test('a plugin that was not made by defineHooks is refused', async (t) => {
  for (const wrong of [{ ...plugin }, null, 'demo']) {
    t.throws(() => new HookRegistry([wrong as HookPlugin]), { code: 'PHX_ERR_HOOKS_DEFINITION' })
  }
})
