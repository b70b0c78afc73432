import { describe, disown } from '../util/describe.js'

/** Where a request goes to, as the client sees it. */
export interface RequestTarget {
  readonly scheme: string
  readonly host: string
  readonly port: number
}

/** The `Origin` header of a request, taken apart. */
export interface Origin {
  /** In lower case, without the colon; undefined where the client named none, which no browser does. */
  readonly scheme: string | undefined
  /** As the client wrote it, without the port. */
  readonly host: string
  /** The one that was named, or the usual one of the scheme; undefined where that is not known. */
  readonly port: number | undefined
}

/**
 * Which origins may connect (Phoenix `check_origin`): `true` those with the endpoint's host, or the
 * request's where none is configured; `conn` those with scheme, host and port of the request; a list
 * those of its entries; a function those for which it returns true, at once and not as a promise, told where the
 * request goes to; `false` all.
 * A list entry is `//host`, `scheme://host` or `scheme://host:port`; a host of `*.example.com` is
 * example.com and everything below it.
 */
export type CheckOrigin =
  | boolean
  | 'conn'
  | readonly string[]
  | ((origin: Origin, target: RequestTarget) => boolean)

/**
 * Decides about the `Origin` header of one request; the target is asked for when it matters. Undefined lets it pass;
 * text refuses it, and says for the log what the origin would have to be.
 */
export type OriginCheck = (header: string | undefined, target: () => RequestTarget) => string | undefined

const defaultPorts: Record<string, number> = { http: 80, ws: 80, https: 443, wss: 443 }
const originPattern = /^(?:([a-z][a-z0-9+.-]*):)?\/\/(\[[^\]]*\]|[^/?#:@]*)(?::(\d{1,5}))?(?:[/?#].*)?$/i
/** An entry with a path would look as if that counted. */
const bareOriginPattern = /^[^/]*\/\/[^/?#]+\/?$/

/** Looks at scheme, host and port alone, as Phoenix does: whatever follows them decides nothing. */
function parse(text: string): Origin | undefined {
  const match = originPattern.exec(text)
  if (match === null || !match[2]) return undefined
  const scheme = match[1]?.toLowerCase()
  const port =
    match[3] === undefined ? (scheme === undefined ? undefined : defaultPorts[scheme]) : Number(match[3])
  return { scheme, host: match[2], port }
}

/** No page has an origin of these schemes: theirs is that of the page, or `null`. */
const schemesOfNoPage = new Set(['ws', 'wss', 'file', 'data', 'blob', 'about', 'javascript'])

/** What is wrong with an entry of a list, or undefined when nothing is; one that could never match is wrong. */
export function originProblem(entry: string): string | undefined {
  const origin = parse(entry)
  if (origin === undefined || !bareOriginPattern.test(entry)) {
    return `"${entry}" is no origin such as //example.com or https://example.com:8443`
  }
  const { scheme, host, port } = origin
  if (scheme !== undefined && schemesOfNoPage.has(scheme)) {
    return `"${entry}" can never match: the origin of a page starts with http:// or https://`
  }
  if (port !== undefined && (port < 1 || port > 65_535))
    return `"${entry}" can never match: there is no such port`
  const problem = hostProblem(host.startsWith('*.') ? host.slice(2) : host)
  return problem === undefined ? undefined : `"${entry}" can never match: ${problem}`
}

/** What is wrong with a host name that is compared to those of origins, which browsers write in one way alone. */
export function hostProblem(host: string): string | undefined {
  if (host.includes('*')) return 'a * stands for what is left of a domain, as in //*.example.com'
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined
  // What has a port or a path as well is no host name.
  if (url === undefined || url.host !== url.hostname || url.href !== `http://${url.host}/`) {
    return `"${host}" is no host name`
  }
  return url.hostname === host ? undefined : `browsers write the host as ${url.hostname}`
}

/** Compiles the option into a check. Requests without an `Origin` header do not come from a page and pass. */
export function originCheck(option: CheckOrigin, ownHost: string | undefined): OriginCheck {
  if (option === false) return () => undefined
  const accepts = acceptance(option, ownHost)
  return (header, target) => {
    if (header === undefined) return undefined
    const origin = parse(header)
    const accepted = origin !== undefined && accepts(origin, target())
    // Nothing else will do: a promise is no answer, and an async function must not let everybody in.
    if (accepted === true) return undefined
    if (accepted === false) return wantedOrigin(option, ownHost, target())
    disown(accepted)
    return `one for which checkOrigin returns true, synchronously: it returned ${describe(accepted)}`
  }
}

/** What an origin would have to be, in words. */
export function wantedOrigin(
  option: CheckOrigin,
  ownHost: string | undefined,
  { scheme, host, port }: RequestTarget
): string {
  if (option === 'conn') return `${scheme}://${host}:${port}`
  if (typeof option === 'function') return 'what the function checkOrigin accepts'
  if (typeof option === 'object') return option.join(', ')
  return ownHost === undefined ? `the host ${host} of the request` : `the host ${ownHost}`
}

/** What the option says of an origin; a function of the application may say anything. */
function acceptance(
  option: Exclude<CheckOrigin, false>,
  ownHost: string | undefined
): (origin: Origin, target: RequestTarget) => unknown {
  if (option === true) return ({ host }, target) => host === (ownHost ?? target.host)
  if (option === 'conn') {
    return ({ scheme, host, port }, target) =>
      scheme === target.scheme && host === target.host && port === target.port
  }
  if (typeof option === 'function') return option
  const entries = option.map(parse).filter((entry) => entry !== undefined)
  return ({ scheme, host, port }) =>
    entries.some(
      (entry) =>
        (entry.scheme === undefined || entry.scheme === scheme) &&
        (entry.port === undefined || entry.port === port) &&
        matchesHost(entry.host, host)
    )
}

function matchesHost(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host
  return host === pattern.slice(2) || host.endsWith(pattern.slice(1))
}
