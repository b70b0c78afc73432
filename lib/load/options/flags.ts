// The room of the load tool's options: how they are read, and what is wrong with those that cannot be.
import { parseArgs } from 'node:util'
import { isObject } from '../../util/is-object.js'
import { didYouMean } from '../../util/near-miss.js'
import { LoadOptionInvalid } from './errors.js'

/** What the values of options are read as. */
type Kinds = Readonly<Record<string, 'one' | 'many' | 'switch'>>

export interface NumberRange {
  readonly least: number
  readonly most: number
  readonly whole?: boolean
}

/** What was given on the command line; each reader throws PHX_ERR_LOAD_OPTION, which names the option. */
export class Flags {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(argv: readonly string[], kinds: Kinds) {
    const options = Object.entries(kinds).map(([name, kind]) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const), multiple: kind === 'many' }
    ])
    try {
      this.#values = parseArgs({ args: [...argv], options: Object.fromEntries(options), strict: true }).values
    } catch (error) {
      throw unreadable((error as Error).message, Object.keys(kinds))
    }
  }

  /** Refuses what was given and is not among these. */
  demandOnly(names: readonly string[], problem: string): void {
    const other = Object.keys(this.#values).find((name) => !names.includes(name))
    if (other !== undefined) throw new LoadOptionInvalid(`--${other}`, problem)
  }

  isOn(name: string): boolean {
    return this.#values[name] === true
  }

  all(name: string): readonly string[] {
    return (this.#values[name] as string[] | undefined) ?? []
  }

  /** Undefined when it was not given. */
  given(name: string): string | undefined {
    return this.#values[name] as string | undefined
  }

  text(name: string, byDefault: string): string {
    const text = this.given(name) ?? byDefault
    if (text === '') throw new LoadOptionInvalid(`--${name}`, 'is empty: give it a value or leave it out')
    return text
  }

  number(name: string, byDefault: number, range: NumberRange): number {
    const { least, most, whole = false } = range
    const text = this.given(name)
    if (text === undefined) return byDefault
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value
    const kind = whole ? 'whole number' : 'number'
    throw new LoadOptionInvalid(`--${name}`, `must be a ${kind} from ${least} to ${most}`)
  }

  oneOf<T extends string>(name: string, byDefault: T, words: readonly T[]): T {
    const text = this.given(name) ?? byDefault
    const word = words.find((each) => each === text)
    if (word !== undefined) return word
    const listed = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
    throw new LoadOptionInvalid(`--${name}`, `must be ${listed}${didYouMean(text, words)}`)
  }

  json(name: string, byDefault: string): unknown {
    try {
      return JSON.parse(this.given(name) ?? byDefault)
    } catch {
      throw new LoadOptionInvalid(`--${name}`, 'must be JSON')
    }
  }

  /** An object, as the text that it was given as. */
  jsonObject(name: string, byDefault: string): string {
    if (!isObject(this.json(name, byDefault)))
      throw new LoadOptionInvalid(`--${name}`, 'must be a JSON object')
    return this.given(name) ?? byDefault
  }
}

/** What parseArgs says, in our words. */
function unreadable(message: string, names: readonly string[]): Error {
  const [, flag = 'command line'] = /'([^'\s]*)/.exec(message) ?? []
  const name = flag.slice(2)
  const problem = names.includes(name)
    ? `needs a value, or takes none; one that begins with a dash is written ${flag}=-1`
    : `is no option${didYouMean(name, names)}`
  return new LoadOptionInvalid(flag, `${problem}; see --help`)
}
