/** Hooks by name, of the type that `defineHooks` gives them. */
export interface HookDefinitions {
  readonly name: string
  readonly functions: object
}

/** Hooks of which nothing is known: any name, any arguments, and unknown replies. */
export interface AnyHooks extends HookDefinitions {
  readonly functions: Readonly<Record<string, (call: never, ...args: unknown[]) => unknown>>
}

/** The hooks of a hook module of the reference server: `HookModule<'demo', typeof import('./hooks/demo.js')>`. */
export interface HookModule<Name extends string, Functions extends object> extends HookDefinitions {
  readonly name: Name
  readonly functions: Functions
}

type AnyFunction = (...args: never) => unknown

// What no client can call, whatever the plugin has under that name.
type ReservedName = `_${string}` | 'after_startup' | 'before_stop' | 'after_user_joined' | 'after_user_left'

/** The functions of the plugin with that name. */
type FunctionsOf<Hooks extends HookDefinitions, Name extends string> = Hooks extends HookDefinitions
  ? Name extends Hooks['name']
    ? Hooks['functions']
    : never
  : never

type CallableNames<Functions> = {
  [Fn in keyof Functions]: Fn extends ReservedName ? never : Functions[Fn] extends AnyFunction ? Fn : never
}[keyof Functions] &
  string

type FunctionOf<Hooks extends HookDefinitions, Name extends string, Fn extends string> = FunctionsOf<
  Hooks,
  Name
>[Fn & keyof FunctionsOf<Hooks, Name>]

/** The names of the hooks that clients may call. */
export type HookNames<Hooks extends HookDefinitions, Name extends string> = CallableNames<
  FunctionsOf<Hooks, Name>
>

/** What a hook takes after its call, as JSON has it: see {@link HookInput}. */
export type HookArgs<Hooks extends HookDefinitions, Name extends string, Fn extends string> =
  FunctionOf<Hooks, Name, Fn> extends (...args: infer All) => unknown
    ? All extends readonly [unknown, ...infer Args]
      ? { [Index in keyof Args]: HookInput<Args[Index]> }
      : []
    : never

/** What a hook answers, by the time that it is here. */
export type HookReply<Hooks extends HookDefinitions, Name extends string, Fn extends string> =
  FunctionOf<Hooks, Name, Fn> extends (...args: never) => infer Reply ? Json<Awaited<Reply>> : never

/**
 * What a client gives for a value that the hook takes. It is the same, but for what the messages of typed hooks
 * have and JSON has not: a bigint is given as a decimal string or a safe integer, bytes in base64.
 */
export type HookInput<Value> = 0 extends 1 & Value
  ? Value
  : unknown extends Value
    ? unknown
    : Value extends bigint
      ? string | number
      : Value extends Uint8Array
        ? string
        : Value extends
              | string
              | number
              | boolean
              | symbol
              | null
              | undefined
              | AnyFunction
              | { toJSON(): unknown }
          ? Value
          : Value extends object
            ? { [Key in keyof Value]: HookInput<Value[Key]> }
            : Value

/**
 * What becomes of a value that is sent as JSON: a `Date` a string, nothing a null, methods are gone. A bigint is
 * a decimal string and bytes are base64, as in the replies of typed hooks; others cannot have them.
 */
export type Json<Value> = 0 extends 1 & Value
  ? Value
  : unknown extends Value
    ? unknown
    : Value extends string | number | boolean | null
      ? Value
      : Value extends bigint | Uint8Array
        ? string
        : // biome-ignore lint/suspicious/noConfusingVoidType: it is what hooks without a reply return
          Value extends undefined | void | symbol | AnyFunction
          ? null
          : Value extends { toJSON(): infer Text }
            ? Json<Text>
            : Value extends readonly unknown[]
              ? { [Index in keyof Value]: Json<Value[Index]> }
              : Value extends object
                ? JsonObject<Value>
                : never

type JsonObject<Value extends object> = {
  [Key in keyof Value as Key extends symbol
    ? never
    : Value[Key] extends AnyFunction | symbol
      ? never
      : Key]: Value[Key] extends infer Member ? (Member extends undefined ? undefined : Json<Member>) : never
}
