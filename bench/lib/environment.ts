import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What the figures were measured on and with. */
export interface Environment {
  /** ISO 8601. */
  date: string
  cpu: string
  cores: number
  memoryGiB: number
  system: string
  /**
   * Processes that wanted to run in the minute before the question, on average. For the first question of a
   * run they are other people's; for those behind it the run itself is among them.
   */
  loadBefore: number
  versions: Readonly<Record<string, string>>
}

const packages = [
  'fastify',
  '@fastify/websocket',
  'ws',
  'node-datachannel',
  'socket.io',
  '@geckos.io/server',
  '@redis/client',
  '@nats-io/transport-node',
  '@socket.io/redis-adapter',
  '@socket.io/cluster-adapter'
]

function versionIn(folder: URL): string {
  const text = readFileSync(new URL('package.json', folder), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** The folder of this package, from the source or from what was built of it. */
export function packageRoot(): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(fileURLToPath(new URL('package.json', folder)))) folder = new URL('..', folder)
  return folder
}

export function describeEnvironment(): Environment {
  const root = packageRoot()
  const versions: Record<string, string> = { node: process.versions.node, 'fastify-phoenix': versionIn(root) }
  for (const name of packages) versions[name] = versionIn(new URL(`node_modules/${name}/`, root))
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions
  }
}
