import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An address that nobody else can guess, and the folder that is to be removed with it. */
export interface PrivateAddress {
  address: string
  folder: string | undefined
}

/**
 * An address for a socket of this user's processes: in a folder that nobody else may enter. Windows has no such
 * folder for pipes, and its name alone protects the pipe.
 */
export function privateAddress(platform: NodeJS.Platform = process.platform): PrivateAddress {
  const secret = randomBytes(16).toString('hex')
  if (platform === 'win32') return { address: `\\\\.\\pipe\\fastify-phoenix-${secret}`, folder: undefined }
  // mkdtemp makes it with the mode 0700, whatever the umask is. Paths of sockets may be about 100 bytes long.
  const folder = mkdtempSync(join(tmpdir(), 'phx-'))
  return { address: join(folder, secret.slice(0, 16)), folder }
}
