import type { Assigns } from '../protocol/assigns.js'
import type { JSONSchema } from '../util/json-schema.js'
import type { HookCall, HookFunction, HookSchemas } from './types.js'

/**
 * The type of the values that a JSON Schema lets through, of a schema that is a literal (`as const`): from `type`,
 * `nullable`, `const`, `enum`, `items`, `properties` and `required`. What other keywords say only narrows it, so it
 * is left to the check; where none of these stands, the type is unknown.
 */
export type FromSchema<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly type: infer Type }
      ? OfType<Type, Schema> | (Schema extends { readonly nullable: true } ? null : never)
      : unknown

type OfType<Type, Schema> = Type extends readonly (infer Each)[]
  ? OfType<Each, Schema>
  : Type extends keyof Plain
    ? Plain[Type]
    : Type extends 'array'
      ? ArrayOf<Schema>
      : Type extends 'object'
        ? ObjectOf<Schema>
        : unknown

interface Plain {
  string: string
  number: number
  integer: number
  boolean: boolean
  null: null
}

type ArrayOf<Schema> = Schema extends { readonly items: infer Items }
  ? Items extends readonly unknown[]
    ? unknown[]
    : FromSchema<Items>[]
  : unknown[]

type ObjectOf<Schema> = Schema extends { readonly properties: infer Properties }
  ? Flat<
      { -readonly [Name in keyof Properties as Name & RequiredOf<Schema>]: FromSchema<Properties[Name]> } & {
        -readonly [Name in keyof Properties as Exclude<Name, RequiredOf<Schema>>]?: FromSchema<
          Properties[Name]
        >
      }
    >
  : { [name: string]: unknown }

type RequiredOf<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never

type Flat<Value> = { [Key in keyof Value]: Value[Key] }

/** The arguments that the schemas of a hook let through. */
type ArgsOf<Schemas> = Schemas extends {
  readonly args: infer Args extends JSONSchema | readonly JSONSchema[]
}
  ? Args extends readonly JSONSchema[]
    ? { -readonly [Index in keyof Args]: FromSchema<Args[Index]> }
    : FromSchema<Args> extends infer All extends unknown[]
      ? All
      : unknown[]
  : unknown[]

/** The schemas of a plugin by the name of the function. */
export type SchemasByName = Readonly<Record<string, HookSchemas>>

/** What hooks with these schemas may be: what they say of their arguments must go with the schemas. */
export type FittingHooks<Functions, Schemas> = {
  readonly [name in keyof Functions]: name extends keyof Schemas
    ? { hook(call: HookCall<AskedBy<Functions[name]>>, ...args: ArgsOf<Schemas[name]>): unknown }['hook']
    : HookFunction<AskedBy<Functions[name]>>
}

/** The assigns that a hook asks of its call. */
type AskedBy<Function> = Function extends (call: HookCall<infer A>, ...args: never) => unknown ? A : Assigns
