import { isLoopbackHost } from './loopback.js'

// Scheme and port are optional; a leading `*.` stands for any sub-domain.
const patternForm = /^(?:([a-z][a-z0-9+.-]*):)?\/\/(\*\.)?([^\s/:*?#[\]@]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i

/** Whether the text is an origin as Phoenix's `check_origin` lists them, such as `//*.example.com`. */
export function isOriginPattern(text: string): boolean {
  return patternForm.test(text)
}

/**
 * Makes the origin check of the reference server. A request without an origin comes from no
 * browser page and passes, as with Phoenix.
 *
 * @param origins Allowed origins, in the forms of Phoenix's `check_origin` list. Without them an
 * origin passes whose host is that of the request (ports are not compared, as with Phoenix's
 * `check_origin: true`), and any loopback host while `host` is one.
 * @param host Where the server listens.
 */
export function createOriginCheck(
  origins: readonly string[] | undefined,
  host: string
): (origin: string | undefined, requestHost: string | undefined) => boolean {
  if (origins !== undefined) {
    const allowed = origins.map(toMatcher)
    return (origin) => {
      if (origin === undefined) return true
      const url = parse(origin)
      return url !== undefined && allowed.some((matches) => matches(url))
    }
  }
  const loopbackAllowed = isLoopbackHost(host)
  return (origin, requestHost) => {
    if (origin === undefined) return true
    const originHost = parse(origin)?.hostname
    if (originHost === undefined) return false
    if (loopbackAllowed && isLoopbackHost(originHost)) return true
    return requestHost !== undefined && parse(`http://${requestHost}`)?.hostname === originHost
  }
}

function toMatcher(pattern: string): (url: URL) => boolean {
  const [, scheme, wildcard, name = '', port] = patternForm.exec(pattern) ?? []
  const host = name.toLowerCase()
  return (url) => {
    if (wildcard ? !url.hostname.endsWith(`.${host}`) : url.hostname !== host) return false
    if (scheme !== undefined && url.protocol !== `${scheme.toLowerCase()}:`) return false
    // An entry with a scheme and no port means the scheme's own port; without both, any.
    return port === undefined ? scheme === undefined || url.port === '' : portOf(url) === port
  }
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' || url.protocol === 'wss:' ? '443' : '80')
}

function parse(origin: string): URL | undefined {
  return URL.canParse(origin) ? new URL(origin) : undefined
}
