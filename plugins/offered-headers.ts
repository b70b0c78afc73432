import type { IncomingHttpHeaders } from 'node:http'

type OfferedHeader = 'sec-websocket-extensions' | 'sec-websocket-protocol' | 'upgrade'

/**
 * Has the ws server see this value of a header, or none. Relies on ws 8 reading `headers` of the request as late as it
 * answers. Otherwise it refuses with 400 what it cannot make out, and all other clients connect as before.
 */
export function offer(headers: IncomingHttpHeaders, name: OfferedHeader, value: string | undefined): void {
  // Most clients send none, and an object that something was deleted from is slow ever after.
  if (headers[name] !== undefined) headers[name] = value
}
