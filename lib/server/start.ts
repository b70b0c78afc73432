import cluster from 'node:cluster'
import { isIPv6 } from 'node:net'
import { printable } from '../log/printable.js'
import type { ServerConfig } from './config.js'

/** Says on stdout that connections are accepted, and ahead of it on stderr what nobody else knows. */
export function sayListening(config: ServerConfig, port: number): void {
  const { host, dashboardToken, ownDashboardToken } = config
  const url = `http://${isIPv6(host) ? `[${host}]` : host}:${port}`
  if (ownDashboardToken) process.stderr.write(`dashboard at ${url}/dashboard, token ${dashboardToken}\n`)
  process.stdout.write(`listening on ${url}\n`)
}

/** What a worker tells its primary when it cannot start. */
export interface FailedStart {
  failedStart: string
}

/** Says why nothing was started, and ends with status 1; a worker leaves the saying to its primary. */
export function fail(problem: string): void {
  if (cluster.isPrimary) {
    process.stderr.write(`fastify-phoenix: ${printable(problem)}\n`)
    process.exit(1)
  }
  const message: FailedStart = { failedStart: problem }
  process.send?.(message, () => process.exit(1))
}
