import { readFileSync } from 'node:fs'
import { oneLine } from '../../log/one-line.js'
import { LoadOptionInvalid } from './errors.js'

/** What the load tool reads from the environment. */
export type LoadEnvironment = Readonly<{ [name: string]: string | undefined }>

const tokenVariable = 'LOAD_TOKEN'

/**
 * The token that clients connect with: of the command line, of a file, or of the environment, where it is
 * in no list of processes; undefined without one.
 */
export function readToken(
  token: string | undefined,
  file: string | undefined,
  env: LoadEnvironment
): string | undefined {
  if (token !== undefined && file !== undefined) {
    throw new LoadOptionInvalid('--token-file', 'and --token are two tokens: give one of them')
  }
  if (token !== undefined) return demandToken('--token', token)
  if (file !== undefined) return demandToken('--token-file', readFile(file))
  const fromEnv = env[tokenVariable]
  return fromEnv === undefined ? undefined : demandToken(tokenVariable, fromEnv)
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    throw new LoadOptionInvalid('--token-file', `cannot be read: ${oneLine(err)}`)
  }
}

/** Editors end files with a line break, and no token has white space around it. */
function demandToken(name: string, text: string): string {
  const token = text.trim()
  if (token === '') throw new LoadOptionInvalid(name, 'is empty: give it a token or leave it out')
  return token
}
