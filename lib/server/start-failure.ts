import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { ServerOptionInvalid } from '../errors.js'
import { oneLine } from '../one-line.js'
import { canAdvertise } from '../webrtc/address-family.js'
import type { ServerConfig } from './config.js'

/**
 * What ended a start, as the one line that the user gets to see: it names the option, the variable
 * or the file that has to be changed.
 */
export function startFailure(err: unknown, config: ServerConfig): string {
  const { host, port, names } = config
  const { code } = Object(err) as { code?: unknown }
  switch (code) {
    case 'EADDRINUSE':
      return `${names.port}: port ${port} of ${host} is in use`
    case 'EACCES':
      return `${names.port}: this user may not listen on port ${port}`
    case 'EADDRNOTAVAIL':
      return `${names.host}: ${host} is no address of this machine`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${names.host}: ${host} does not resolve`
    case 'PHX_ERR_HOOKS_FOLDER':
    case 'PHX_ERR_HOOKS_MODULE':
    case 'PHX_ERR_HOOKS_DUPLICATE':
    case 'PHX_ERR_HOOKS_STARTUP':
      return `${names.hooks}: ${oneLine(err)}`
    case 'PHX_ERR_WEBRTC_UNAVAILABLE':
      return `${names.webrtc}: ${oneLine(err)}`
    default:
      return oneLine(err)
  }
}

/**
 * Finds out whether peers can bind their address and be reached under the public one. The native
 * library would find out only when the first client calls.
 *
 * @throws PHX_ERR_SERVER_OPTION when they cannot.
 */
export async function demandPeerAddress(config: ServerConfig): Promise<void> {
  const { webrtc, webrtcBind, webrtcPublicIp, host, names } = config
  if (!webrtc || webrtcBind === undefined) return
  if (webrtcPublicIp !== undefined && !canAdvertise(webrtcBind, webrtcPublicIp)) {
    const problem = `${webrtcPublicIp} is of another address family than ${webrtcBind}, which peers bind`
    throw new ServerOptionInvalid(names.webrtcPublicIp, problem)
  }
  const socket = createSocket(isIPv6(webrtcBind) ? 'udp6' : 'udp4')
  try {
    socket.bind(0, webrtcBind)
    await once(socket, 'listening')
  } catch {
    const name = webrtcBind === host ? names.host : names.webrtcBind
    throw new ServerOptionInvalid(name, `${webrtcBind} is no address that peers can bind`)
  } finally {
    socket.close()
  }
}
