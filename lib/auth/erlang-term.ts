/** The first byte of a term (Erlang/OTP, ERTS User's Guide, "External Term Format"). */
export const formatVersion = 131

/** The byte that each kind of data begins with. Kinds that are no data (pids, funs, ...) are left out on purpose. */
export const tags = {
  newFloat: 70,
  smallInteger: 97,
  integer: 98,
  /** Latin-1, length in two bytes: what Erlang/OTP wrote up to version 25. */
  atom: 100,
  smallTuple: 104,
  largeTuple: 105,
  nil: 106,
  /** A list of bytes. */
  string: 107,
  list: 108,
  binary: 109,
  smallBig: 110,
  largeBig: 111,
  smallAtom: 115,
  map: 116,
  atomUtf8: 118,
  /** What Erlang/OTP has written since version 26. */
  smallAtomUtf8: 119
} as const

/** Bytes of the largest term that is read or written: its token stays within `maxTokenLength`. */
export const maxTermBytes = 12_000

/** Lists, tuples and maps in each other, at most. */
export const maxTermDepth = 32

/** Characters of the longest atom there is. */
export const maxAtomLength = 255

/**
 * A term as JavaScript has it: `nil` is null, other atoms are strings, so are binaries of UTF-8
 * (others are bytes), tuples are arrays, charlists are arrays of numbers, and integers that a number
 * cannot hold exactly are a bigint. Maps have no prototype.
 */
export type Term = null | boolean | number | bigint | string | Uint8Array | Term[] | { [key: string]: Term }

/** An atom to be encoded; see {@link atom}. */
export class Atom {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A tuple to be encoded; see {@link tuple}. */
export class Tuple {
  readonly elements: readonly unknown[]

  constructor(elements: readonly unknown[]) {
    this.elements = elements
  }
}

/** An Erlang atom, for tokens that Elixir matches against one: `sign(atom('admin'))` is `:admin` there. */
export function atom(name: string): Atom {
  return new Atom(name)
}

/** An Erlang tuple, for tokens that Elixir matches against one: `sign(tuple('user', 7))` is `{"user", 7}` there. */
export function tuple(...elements: unknown[]): Tuple {
  return new Tuple(elements)
}
