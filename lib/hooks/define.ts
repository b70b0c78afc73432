import { HookDefinitionInvalid } from '../errors.js'
import type { Assigns, AssignsLike, AssignsOf } from '../protocol/assigns.js'
import { isClass } from '../util/is-class.js'
import { didYouMean } from '../util/near-miss.js'
import { compileHooks, type Hook, requireObject } from './compile.js'
import type { FittingHooks, SchemasByName } from './from-schema.js'
import { isInheritedName, isLifecycleName, type LifecycleName, lifecycleNames } from './names.js'
import type { HookCall, HookFunctions, HookSchemas } from './types.js'

/** What the server runs in the life of a plugin and of its users; each may be async. */
// No methods: a user channel must have the assigns that a plugin asks for, and not the other way round.
export interface HookLifecycle<A extends object = Assigns> {
  /** Before the first call. The server does not start when it fails. */
  after_startup?: () => unknown
  /** While the server shuts down. */
  before_stop?: () => unknown
  /** Once for each join of a user channel. */
  after_user_joined?: (call: HookCall<A>) => unknown
  /** Once for each join that `after_user_joined` ran for, after it is over. */
  after_user_left?: (call: HookCall<A>) => unknown
}

/** The assigns that these functions ask of their calls; `object` where they ask for nothing. */
export type HookAssigns<Functions> = {
  [name in keyof Functions]: Functions[name] extends (call: HookCall<infer A>, ...args: never) => unknown
    ? (assigns: AssignsLike<A>) => void
    : (assigns: object) => void
}[keyof Functions] extends (assigns: infer All extends object) => void
  ? All
  : object

/** What {@link defineHooks} takes beside the hooks: what they take and answer, and the lifecycle of the plugin. */
export interface HookOptions<Functions, Schemas = SchemasByName, A extends object = object>
  extends HookLifecycle<AssignsOf<A>> {
  /** By the name of the function. Arguments have their types from them, as far as {@link FromSchema} reads them. */
  readonly schemas?: Schemas & { readonly [name in Exclude<keyof Schemas, keyof Functions>]: never }
  /**
   * The text of a proto3 file, which makes `hello_proto` a typed hook where it has messages
   * `HelloProtoRequest` and `HelloProtoReply`. A typed hook gets the request and returns the reply as one
   * object, whichever way and format the call came in.
   *
   * In that object, fields have their names as in the text. What is not there of a message, a oneof or an
   * `optional` field is left out; every other field is there, with its default if need be. Enums are
   * names, 64-bit integers are bigints, `bytes` are Uint8Arrays, maps are objects. As JSON, a message
   * looks the same but for what JSON does not have: 64-bit integers are decimal strings, `bytes` are
   * base64, and numbers that are not finite are strings (ProtoJSON). There is no import.
   */
  readonly proto?: string
}

/** Hooks under one name, made by {@link defineHooks}; for user channels whose assigns are `A`. */
export interface HookPlugin<
  Functions extends object = object,
  Name extends string = string,
  A extends object = object
> {
  /** What clients send as `plugin`. */
  readonly name: Name
  /** As they were given to {@link defineHooks}; clients infer arguments and replies from their types. */
  readonly functions: Functions
  /** What the server runs; bound to the object that it was defined in. */
  readonly lifecycle: HookLifecycle<A>
}

const compiled = new WeakMap<object, ReadonlyMap<string, Hook>>()

/** What clients may call of a plugin, by name, with what was compiled for it; undefined for what is no plugin. */
export function hooksOf(plugin: unknown): ReadonlyMap<string, Hook> | undefined {
  return compiled.get(plugin as object)
}

/**
 * Defines a plugin of hooks.
 *
 *     const arena = defineHooks('arena', {
 *       fire (call, x: number, y: number) { return { hit: x > y, by: call.userId } }
 *     })
 *
 * What a hook says of its arguments in TypeScript is no check: clients send what they like. Schemas are, and
 * arguments without a type of their own have it from them ({@link FromSchema}); the assigns of `call` are typed as
 * {@link HookCall} says, and nothing checks them either.
 *
 * @param name what clients send as `plugin`; not empty.
 * @param functions the hooks by name. The lifecycle functions may stand among them. Functions whose names
 *   start with `_`, and members that are no functions, are allowed, but are no hooks.
 * @param options schemas by function, the messages of typed hooks, and the lifecycle functions.
 * @throws PHX_ERR_HOOKS_DEFINITION naming the plugin and the function, for anything wrong in these: a
 *   schema that cannot be compiled or belongs to no hook, a proto text that cannot be parsed or has only
 *   one message of a pair, a function with both, an unknown option, a lifecycle function that is none or
 *   is given twice, a class, and a function of a name that every object has, such as `toString`.
 */
export function defineHooks<
  const Name extends string,
  // Of unknown members: what a hook is said to be comes from FittingHooks alone, so that its call has its type.
  Functions extends Readonly<Record<string, unknown>>,
  const Schemas extends SchemasByName = NonNullable<unknown>,
  A extends object = HookAssigns<Functions>
>(
  name: Name,
  functions: Functions & FittingHooks<Functions, Schemas>,
  options: HookOptions<Functions, Schemas, A> = {}
): HookPlugin<Functions, Name, AssignsLike<A> & HookAssigns<Functions>> {
  if (typeof name !== 'string' || name === '') {
    const given = name === '' ? 'without a name' : `named with ${typeof name}`
    throw new HookDefinitionInvalid(given, 'the name must be a string that is not empty')
  }
  requireObject(name, 'the functions', functions)
  requireObject(name, 'the options', options)
  refuseNoHooks(name, functions)
  const { schemas: given = {}, proto, ...lifecycle } = options
  const schemas: Readonly<Record<string, HookSchemas | undefined>> = given
  requireObject(name, 'schemas', schemas)
  // Those that are none were refused or are left out.
  const all = functions as HookFunctions<object>
  const hooks = compileHooks(name, all, schemas, proto)
  const plugin = Object.freeze({
    name,
    functions,
    lifecycle: takeLifecycle(name, all, lifecycle)
  })
  compiled.set(plugin, hooks)
  return plugin
}

/** They look like hooks to their author, and clients could never call them. */
function refuseNoHooks(plugin: string, functions: object): void {
  for (const [name, member] of Object.entries(functions)) {
    if (typeof member !== 'function') continue
    if (isClass(member)) throw new HookDefinitionInvalid(plugin, `${name} is a class, which is no hook`)
    if (isInheritedName(name)) {
      throw new HookDefinitionInvalid(plugin, `${name} cannot be a hook, as every object has that name`)
    }
  }
}

function takeLifecycle(
  plugin: string,
  functions: HookFunctions<object>,
  options: object
): HookLifecycle<object> {
  const given = options as Record<string, unknown>
  const unknown = Object.keys(given).find((name) => !isLifecycleName(name))
  if (unknown !== undefined) {
    const known = [...lifecycleNames, 'schemas', 'proto']
    throw new HookDefinitionInvalid(plugin, `there is no option ${unknown}${didYouMean(unknown, known)}`)
  }

  const lifecycle: { [name in LifecycleName]?: (call?: HookCall<object>) => unknown } = {}
  for (const name of lifecycleNames) {
    const sources = [functions, given].filter(
      (source) => Object.hasOwn(source, name) && source[name] !== undefined
    )
    if (sources.length > 1) throw new HookDefinitionInvalid(plugin, `${name} is given twice`)
    const [source] = sources
    const run = source?.[name]
    if (run === undefined) continue
    if (typeof run !== 'function' || isClass(run))
      throw new HookDefinitionInvalid(plugin, `${name} must be a function`)
    lifecycle[name] = run.bind(source)
  }
  return lifecycle
}
