import { HookDefinitionInvalid } from '../errors.js'
import type { JSONSchema } from '../json-schema.js'
import { oneLine } from '../one-line.js'
import { isLifecycleName, isReservedName, type LifecycleName, lifecycleNames } from './names.js'
import { type ArgsCheck, compileArgs, compileReply, encodeReply } from './schemas.js'
import type { HookCall } from './types.js'

/**
 * A function that clients call: with the call, and the arguments that the client sent. What it
 * returns, or what its promise resolves with, is the reply.
 */
// A method's parameters may be narrower than `unknown`: a hook says what it expects of its arguments.
export type HookFunction = { hook(call: HookCall, ...args: unknown[]): unknown }['hook']

/** Hooks by the name that clients call them by. */
export type HookFunctions = Readonly<Record<string, HookFunction>>

/** JSON Schemas (draft-07) of one hook. Values are never converted to fit. */
export interface HookSchemas {
  /** One schema for each argument, of which there must be exactly as many; or one for the whole array. */
  readonly args?: JSONSchema | readonly JSONSchema[]
  /**
   * What the hook answers. Replies are encoded fastest where it is closed: a single `type` everywhere,
   * `additionalProperties: false` for objects and one schema as `items` of arrays.
   */
  readonly reply?: JSONSchema
}

/** What the server runs in the life of a plugin and of its users; each may be async. */
export interface HookLifecycle {
  /** Before the first call. The server does not start when it fails. */
  after_startup?(): unknown
  /** While the server shuts down. */
  before_stop?(): unknown
  /** Once for each join of a user channel. */
  after_user_joined?(call: HookCall): unknown
  /** Once for each join that `after_user_joined` ran for, after it is over. */
  after_user_left?(call: HookCall): unknown
}

/** What {@link defineHooks} takes beside the hooks: their schemas, and the lifecycle functions of the plugin. */
export interface HookOptions<Functions> extends HookLifecycle {
  /** By the name of the function. */
  readonly schemas?: { readonly [name in keyof Functions]?: HookSchemas }
}

/** One function of a plugin with all that was compiled for it. */
export interface Hook {
  readonly hookPlugin: string
  readonly name: string
  readonly run: HookFunction
  /** What `this` is while it runs: the object that the plugin was defined with. */
  readonly self: object
  readonly fitsArgs: ArgsCheck | undefined
  readonly encode: (reply: unknown) => string
}

/** Hooks under one name, made by {@link defineHooks}. */
export interface HookPlugin<Functions extends HookFunctions = HookFunctions, Name extends string = string> {
  /** What clients send as `plugin`. */
  readonly name: Name
  /** As they were given to {@link defineHooks}; clients infer arguments and replies from their types. */
  readonly functions: Functions
  /** What clients may call, by name, with what was compiled for it. */
  readonly hooks: ReadonlyMap<string, Hook>
  /** What the server runs; bound to the object that it was defined in. */
  readonly lifecycle: HookLifecycle
}

const defined = new WeakSet<object>()

/** Whether {@link defineHooks} made it. */
export function isHookPlugin(value: unknown): value is HookPlugin {
  return defined.has(value as object)
}

/**
 * Defines a plugin of hooks.
 *
 *     const arena = defineHooks('arena', {
 *       fire (call, x: number, y: number) { return { hit: x > y, by: call.userId } }
 *     })
 *
 * @param name what clients send as `plugin`; not empty.
 * @param functions the hooks by name. The lifecycle functions may stand among them. Functions with
 *   other reserved names (`_...`, `constructor` and its like), classes and members that are no functions
 *   are allowed, but are no hooks.
 * @param options schemas by function, and the lifecycle functions.
 * @throws PHX_ERR_HOOKS_DEFINITION naming the plugin and the function, for anything wrong in these: a
 *   schema that cannot be compiled or belongs to no hook, an unknown option, a lifecycle function that
 *   is none or is given twice.
 */
export function defineHooks<const Name extends string, Functions extends HookFunctions>(
  name: Name,
  functions: Functions,
  options: HookOptions<Functions> = {}
): HookPlugin<Functions, Name> {
  if (typeof name !== 'string' || name === '') {
    const given = name === '' ? 'without a name' : `named with ${typeof name}`
    throw new HookDefinitionInvalid(given, 'the name must be a string that is not empty')
  }
  requireObject(name, 'the functions', functions)
  requireObject(name, 'the options', options)
  const { schemas: given = {}, ...lifecycle } = options
  const schemas: Readonly<Record<string, HookSchemas | undefined>> = given
  requireObject(name, 'schemas', schemas)

  const hooks = new Map<string, Hook>()
  for (const [fn, run] of Object.entries(functions)) {
    if (typeof run !== 'function' || isClass(run) || isReservedName(fn)) continue
    const own = Object.hasOwn(schemas, fn) ? schemas[fn] : undefined
    hooks.set(fn, { hookPlugin: name, name: fn, run, self: functions, ...compileSchemas(name, fn, own) })
  }
  for (const fn of Object.keys(schemas)) {
    if (!hooks.has(fn)) throw new HookDefinitionInvalid(name, `schemas are given for ${fn}, which is no hook`)
  }

  const plugin = Object.freeze({
    name,
    functions,
    hooks,
    lifecycle: takeLifecycle(name, functions, lifecycle)
  })
  defined.add(plugin)
  return plugin
}

/** Classes cannot be called; that their `prototype` is read-only tells them from functions. */
function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false
}

function compileSchemas(
  plugin: string,
  fn: string,
  schemas: HookSchemas = {}
): Pick<Hook, 'fitsArgs' | 'encode'> {
  requireObject(plugin, `the schemas of ${fn}`, schemas)
  const { args, reply, ...unknown } = schemas
  const extra = Object.keys(unknown)[0]
  if (extra !== undefined) {
    throw new HookDefinitionInvalid(plugin, `the schemas of ${fn} are args and reply, not ${extra}`)
  }
  return {
    fitsArgs:
      args === undefined ? undefined : compiled(plugin, `args schema of ${fn}`, () => compileArgs(args)),
    encode:
      reply === undefined ? encodeReply : compiled(plugin, `reply schema of ${fn}`, () => compileReply(reply))
  }
}

function compiled<Result>(plugin: string, what: string, compile: () => Result): Result {
  try {
    return compile()
  } catch (err) {
    throw new HookDefinitionInvalid(plugin, `the ${what} cannot be compiled: ${oneLine(err)}`, { cause: err })
  }
}

function takeLifecycle(plugin: string, functions: HookFunctions, options: object): HookLifecycle {
  const given = options as Record<string, unknown>
  const unknown = Object.keys(given).find((name) => !isLifecycleName(name))
  if (unknown !== undefined) throw new HookDefinitionInvalid(plugin, `there is no option ${unknown}`)

  const lifecycle: { [name in LifecycleName]?: (call?: HookCall) => unknown } = {}
  for (const name of lifecycleNames) {
    const sources = [functions, given].filter(
      (source) => Object.hasOwn(source, name) && source[name] !== undefined
    )
    if (sources.length > 1) throw new HookDefinitionInvalid(plugin, `${name} is given twice`)
    const [source] = sources
    const run = source?.[name]
    if (run === undefined) continue
    if (typeof run !== 'function') throw new HookDefinitionInvalid(plugin, `${name} must be a function`)
    lifecycle[name] = run.bind(source)
  }
  return lifecycle
}

function requireObject(plugin: string, what: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HookDefinitionInvalid(plugin, `${what} must be an object`)
  }
}
