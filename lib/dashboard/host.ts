import type { Surveys } from '../cluster/surveys.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { SocketMount } from '../mount/mount.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'

/** The server that a dashboard shows. */
export interface DashboardHost {
  readonly endpoint: EndpointServer
  readonly mounts: readonly SocketMount[]
  readonly surveys: Surveys
  readonly clock: Clock
  readonly log: Logger
}
