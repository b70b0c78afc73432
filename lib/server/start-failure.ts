import { oneLine } from '../log/one-line.js'
import type { ServerConfig } from './config.js'
import type { OptionName } from './program-options.js'

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
    case 'PHX_ERR_HOOKS_TYPESCRIPT':
    case 'PHX_ERR_HOOKS_DUPLICATE':
    case 'PHX_ERR_HOOKS_STARTUP':
      return `${names.hooks}: ${oneLine(err)}`
    case 'PHX_ERR_OPTION_INVALID':
      return invalidOption(err, config)
    case 'PHX_ERR_CLUSTER_UNREACHABLE':
      return `${names[engineOption(config)]}: ${oneLine(err)}`
    case 'PHX_ERR_WEBRTC_BIND':
      return peerAddress(err, config)
    case 'PHX_ERR_WEBRTC_UNAVAILABLE':
      return `${names.webrtc}: ${oneLine(err).replace('webrtc: false', `${names.webrtc} off`)}`
    default:
      return oneLine(err)
  }
}

/** The option that an engine was asked for by. */
function engineOption({ redisUrl, natsServers }: ServerConfig): OptionName {
  if (redisUrl !== undefined) return 'redis'
  return natsServers !== undefined ? 'nats' : 'workers'
}

/** The plugin's options that the reference server's stand for. */
const pluginOptions: Readonly<Record<string, OptionName>> = {
  'redis.url': 'redis',
  'webrtc.iceServers': 'iceServers',
  'webrtc.bindAddress': 'webrtcBind',
  'webrtc.publicIp': 'webrtcPublicIp',
  'webrtc.udpPort': 'webrtcUdpPort'
}

/** Options that are right one by one and cannot be had together are refused by the plugin. */
function invalidOption(err: unknown, { names }: ServerConfig): string {
  const line = oneLine(err)
  return line.replace(/^option ([\w.]+)/, (text, option: string) => {
    const name = pluginOptions[option]
    return name === undefined ? text : names[name]
  })
}

/** Peers cannot bind, for the reason that the operating system gave. */
function peerAddress(err: unknown, { webrtcBind, host, webrtcUdpPort, names }: ServerConfig): string {
  const { cause } = err as { cause?: { code?: unknown } }
  const isPort = webrtcUdpPort !== undefined && cause?.code !== 'EADDRNOTAVAIL'
  const name = isPort ? names.webrtcUdpPort : webrtcBind === host ? names.host : names.webrtcBind
  return `${name}: ${oneLine(err)}`
}
