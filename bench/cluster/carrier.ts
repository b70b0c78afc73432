import { startHub } from '../../lib/cluster/workers/workers.js'
import { programUrl } from '../lib/question.js'
import { ServerProcess } from '../lib/server-process.js'
import { Engine, type EngineName } from './engine.js'

/** What joins nodes: an engine, or the hub of one machine. */
export type CarrierName = EngineName | 'workers'

/** A running engine, with what nodes are told to find it. */
export interface Carrier {
  readonly name: CarrierName
  /** Of an engine; empty of the hub. */
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  end(): Promise<void>
}

/** Starts an engine in a process of its own, or a hub in this one. */
export async function startCarrier(name: CarrierName): Promise<Carrier> {
  if (name === 'workers') {
    const hub = await startHub()
    return { name, url: '', env: { CLUSTER_ENGINE: name, ...hub.env }, end: () => hub.close() }
  }
  const engine = await Engine.start(name)
  const { url } = engine
  return { name, url, env: { CLUSTER_ENGINE: name, CLUSTER_URL: url }, end: () => engine.end() }
}

export interface NodeOptions {
  /** Where it is to reach its engine, by another way. */
  readonly url?: string
  /** Whether it watches its turns from the start. */
  readonly watches?: boolean
  readonly profileDir?: string | undefined
}

/** Starts a node that is measured. */
export function startNode(
  { env }: Carrier,
  { url, watches = false, profileDir }: NodeOptions = {}
): Promise<ServerProcess> {
  const way = url === undefined ? {} : { CLUSTER_URL: url }
  const watch = watches ? { CLUSTER_WATCH: 'yes' } : {}
  return ServerProcess.start(programUrl('cluster/measured-node'), profileDir, { ...env, ...way, ...watch })
}
