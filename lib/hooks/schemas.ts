import { createRequire } from 'node:module'
import { EncodeFailed } from '../errors.js'
import { textToSend } from '../protocol/serializer/json-text-check.js'
import type { JSONSchema } from '../util/json-schema.js'
import { lazy } from '../util/lazy.js'
import { isOfType, oneType } from './one-type.js'
import { compileReplyStringifier, type ReplyStringifier } from './reply-stringifier.js'

/** Whether the arguments of a call are what the hook declared. */
export type ArgsCheck = (args: readonly unknown[]) => boolean

/** What was compiled of a schema. */
interface Validator {
  readonly fits: (value: unknown) => boolean
  /** Why the last value, a reply, did not fit. */
  readonly problem: () => string
}

/**
 * As Fastify sets ajv up, but nothing is ever converted, filled in or taken away, and a member counts
 * only when the object itself has it: with `{}`, "constructor" is missing.
 */
const ajv = lazy(() => {
  const load = createRequire(import.meta.url)
  const { Ajv } = load('ajv') as typeof import('ajv')
  const formats = load('ajv-formats') as typeof import('ajv-formats')
  const compiler = new Ajv({
    coerceTypes: false,
    useDefaults: false,
    removeAdditional: false,
    ownProperties: true,
    strictNumbers: true,
    // Several plugins may use the same `$id`.
    addUsedSchema: false,
    logger: false
  })
  formats.default(compiler)
  return compiler
})

/**
 * Compiles the schema of a hook's arguments: a list has one schema for each position and allows no
 * other number of arguments; a single schema describes the array of all of them.
 * Throws what ajv says about a schema that it cannot compile.
 */
export function compileArgs(schema: JSONSchema | readonly JSONSchema[]): ArgsCheck {
  if (!isList(schema)) return guarded(compile(schema).fits)
  const positions = schema.map((each) => compile(each).fits)
  return guarded((args) => args.length === positions.length && positions.every((fits, i) => fits(args[i])))
}

function guarded(check: ArgsCheck): ArgsCheck {
  return (args) => {
    try {
      return check(args)
    } catch {
      // Nested so deeply that a schema which refers to itself runs out of stack.
      return false
    }
  }
}

/**
 * Compiles the schema of a hook's reply into what encodes the reply. The encoder throws when the
 * reply cannot be written or does not fit. Throws what ajv says about a schema that it cannot compile.
 */
export function compileReply(schema: JSONSchema): ReplyStringifier {
  const { fits, problem } = compile(schema)
  const encode = compileReplyStringifier(schema, fits)
  return (value) => {
    try {
      return encode(value)
    } catch (err) {
      // Only the validator knows what did not fit, and the author of the hook wants to.
      if (!(err instanceof EncodeFailed)) throw err
      throw new EncodeFailed(problem())
    }
  }
}

/** Encodes the reply of a hook without a schema. Throws what `JSON.stringify` throws, and for what is too deep. */
export function encodeReply(value: unknown): string {
  return textToSend(JSON.stringify(value))
}

function compile(schema: JSONSchema): Validator {
  const type = oneType(schema)
  if (type !== undefined) return { fits: isOfType(type), problem: () => `reply must be ${type}` }
  const validate = ajv().compile(schema)
  // Its validator would answer with a promise, which is true whatever comes of it.
  if ('$async' in validate) throw new Error('$async schemas are not supported')
  return { fits: validate, problem: () => ajv().errorsText(validate.errors, { dataVar: 'reply' }) }
}

function isList(schema: JSONSchema | readonly JSONSchema[]): schema is readonly JSONSchema[] {
  return Array.isArray(schema)
}
