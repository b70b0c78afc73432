import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An address that nobody else can guess, and the folder that is to be removed with it. */
export interface PrivateAddress {
  address: string
  folder: string | undefined
}

/** Longer paths of sockets are cut off without a word, on macOS after this many bytes and on Linux a few later. */
export const maxAddressBytes = 103

/**
 * An address for a socket of this user's processes: in a folder that nobody else may enter. Windows has no such
 * folder for pipes, and its name alone protects the pipe.
 */
export function privateAddress(
  platform: NodeJS.Platform = process.platform,
  parent: string = tmpdir()
): PrivateAddress {
  const secret = randomBytes(16).toString('hex')
  if (platform === 'win32') return { address: `\\\\.\\pipe\\fastify-phoenix-${secret}`, folder: undefined }
  const name = (folder: string): string => join(folder, secret)
  const isShort = Buffer.byteLength(name(join(parent, 'phx-123456'))) <= maxAddressBytes
  // mkdtemp makes it with the mode 0700, whatever the umask is.
  const folder = mkdtempSync(join(isShort ? parent : '/tmp', 'phx-'))
  return { address: name(folder), folder }
}
