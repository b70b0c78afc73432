import type { Test } from 'tap'
import type { WebRtcOptions } from '../../../plugins/phoenix.js'
import { addresses, type Network } from '../../fixtures/network.js'
import { type Program, startProgram } from '../../fixtures/program.js'
import type { ClientMethods } from './client.js'
import type { ServerMethods } from './server.js'

/** Where the server's socket is mounted, for clients that are routed to it. */
export const base = `http://${addresses.server}:4000/socket`

export interface Programs {
  readonly server: Program<ServerMethods>
  readonly client: Program<ClientMethods>
}

/** Starts the server and the client on their hosts; the server listens. */
export async function startPrograms(
  t: Test,
  network: Pick<Network, 'server' | 'client'>,
  webrtc: WebRtcOptions = {}
): Promise<Programs> {
  const programs = {
    server: startProgram<ServerMethods>(t, network.server, new URL('server.js', import.meta.url)),
    client: startProgram<ClientMethods>(t, network.client, new URL('client.js', import.meta.url))
  }
  await programs.server.request('start', webrtc)
  return programs
}
