import { HookDefinitionInvalid } from '../errors.js'
import { oneLine } from '../log/one-line.js'
import { describe, disown } from '../util/describe.js'
import { isRecord } from '../util/is-record.js'
import { isReservedName } from './names.js'
import { type ArgsCheck, compileArgs, compileReply, encodeReply } from './schemas.js'
import { compileTypedHooks, type TypedMessages } from './typed/typed-hooks.js'
import type { HookFunction, HookFunctions, HookSchemas } from './types.js'

/** One function of a plugin with all that was compiled for it. */
export interface Hook {
  readonly hookPlugin: string
  readonly name: string
  readonly run: HookFunction
  /** What `this` is while it runs: the object that the plugin was defined with. */
  readonly self: object
  readonly fitsArgs: ArgsCheck | undefined
  /** JSON text of what it returned. */
  readonly encode: (reply: unknown) => string
  /** Its request and its reply, when it is a typed hook. */
  readonly messages: TypedMessages | undefined
}

/** A function that gets one message and returns another. */
export type TypedHook = Hook & { readonly messages: TypedMessages }

export function isTyped(hook: Hook): hook is TypedHook {
  return hook.messages !== undefined
}

type Compiled = Pick<Hook, 'fitsArgs' | 'encode' | 'messages'>

/**
 * Compiles what clients may call of a plugin's functions, with what each takes and answers. Throws
 * PHX_ERR_HOOKS_DEFINITION.
 */
export function compileHooks(
  plugin: string,
  functions: HookFunctions,
  schemas: Readonly<Record<string, HookSchemas | undefined>>,
  proto: string | undefined
): Map<string, Hook> {
  const callable = Object.keys(functions).filter((fn) => isFunction(functions[fn]) && !isReservedName(fn))
  const typed = proto === undefined ? undefined : compileProto(plugin, proto, callable)
  const hooks = new Map<string, Hook>()
  for (const fn of callable) {
    const run = functions[fn] as HookFunction
    const own = Object.hasOwn(schemas, fn) ? schemas[fn] : undefined
    const messages = typed?.get(fn)
    if (messages !== undefined && own !== undefined) {
      throw new HookDefinitionInvalid(plugin, `${fn} has both schemas and messages`)
    }
    const codecs = messages === undefined ? compileSchemas(plugin, fn, own) : typedHook(messages)
    hooks.set(fn, { hookPlugin: plugin, name: fn, run, self: functions, ...codecs })
  }
  for (const fn of Object.keys(schemas)) {
    if (!hooks.has(fn))
      throw new HookDefinitionInvalid(plugin, `schemas are given for ${fn}, which is no hook`)
  }
  return hooks
}

const isFunction = (value: unknown): boolean => typeof value === 'function'

function compileSchemas(plugin: string, fn: string, schemas: HookSchemas = {}): Compiled {
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
      reply === undefined
        ? encodeReply
        : compiled(plugin, `reply schema of ${fn}`, () => compileReply(reply)),
    messages: undefined
  }
}

function compileProto(plugin: string, text: string, functions: string[]): Map<string, TypedMessages> {
  try {
    return compileTypedHooks(text, functions)
  } catch (err) {
    throw new HookDefinitionInvalid(plugin, `proto: ${oneLine(err)}`, { cause: err })
  }
}

function typedHook(messages: TypedMessages): Compiled {
  return { fitsArgs: undefined, encode: messages.writeReply, messages }
}

function compiled<Result>(plugin: string, what: string, compile: () => Result): Result {
  try {
    return compile()
  } catch (err) {
    throw new HookDefinitionInvalid(plugin, `the ${what} cannot be compiled: ${oneLine(err)}`, { cause: err })
  }
}

/** Throws PHX_ERR_HOOKS_DEFINITION for what is no object. */
export function requireObject(plugin: string, what: string, value: unknown): asserts value is object {
  if (isRecord(value)) return
  disown(value)
  throw new HookDefinitionInvalid(plugin, `${what} must be an object, not ${describe(value)}`)
}
