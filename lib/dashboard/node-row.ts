import { hostname } from 'node:os'
import type { DashboardHost } from './host.js'
import type { NodeRow } from './protocol.js'

/** What a node says of itself; how long that took is seen by whoever asked. */
export type OwnRow = Omit<NodeRow, 'lagMs' | 'silentSince' | 'sample'>

const startedAt = Math.round(performance.timeOrigin)

/** @param version of this package */
export function ownRow({ endpoint, mounts }: DashboardHost, version: string): OwnRow {
  return {
    node: endpoint.node,
    host: hostname(),
    pid: process.pid,
    version,
    nodeVersion: process.version,
    since: startedAt,
    state: mounts.some(({ isDraining }) => isDraining)
      ? 'draining'
      : (endpoint.cluster?.stats.state ?? 'alone')
  }
}
