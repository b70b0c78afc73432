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
 * those of its entries; a function those that it accepts, told where the request goes to; `false` all.
 * A list entry is `//host`, `scheme://host` or `scheme://host:port`; a host of `*.example.com` is
 * example.com and everything below it.
 */
export type CheckOrigin =
  | boolean
  | 'conn'
  | readonly string[]
  | ((origin: Origin, target: RequestTarget) => boolean)

/** Decides about the `Origin` header of one request; the target is asked for when it matters. */
export type OriginCheck = (header: string | undefined, target: () => RequestTarget) => boolean

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

/** What is wrong with an entry of a list, or undefined when nothing is. */
export function originProblem(entry: string): string | undefined {
  return parse(entry) === undefined || !bareOriginPattern.test(entry)
    ? `"${entry}" is no origin such as //example.com or https://example.com:8443`
    : undefined
}

/** Compiles the option into a check. Requests without an `Origin` header do not come from a page and pass. */
export function originCheck(option: CheckOrigin, ownHost: string | undefined): OriginCheck {
  if (option === false) return () => true
  const accepts = acceptance(option, ownHost)
  return (header, target) => {
    if (header === undefined) return true
    const origin = parse(header)
    return origin !== undefined && accepts(origin, target())
  }
}

function acceptance(
  option: Exclude<CheckOrigin, false>,
  ownHost: string | undefined
): (origin: Origin, target: RequestTarget) => boolean {
  if (option === true) return ({ host }, target) => host === (ownHost ?? target.host)
  if (option === 'conn') {
    return ({ scheme, host, port }, target) =>
      scheme === target.scheme && host === target.host && port === target.port
  }
  // A promise is no answer: an async function must not let everybody in.
  if (typeof option === 'function') return (origin, target) => option(origin, target) === true
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
