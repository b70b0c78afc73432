/** The sub-protocol that carries phoenix.js's `authToken`: this, then the token in base64. */
const tokenPrefix = 'base64url.bearer.phx.'

/** What phoenix.js offers beside its token, and wants to be answered. */
export const phoenixSubprotocol = 'phoenix'

export interface SubprotocolChoice {
  /** To be answered; undefined answers none. */
  readonly selected: string | undefined
  /** The token that was carried; null when there was none or it is not base64. */
  readonly token: string | null
}

/**
 * Chooses among the sub-protocols that a client offers, in the order of `supported`; undefined when
 * it offers some and none of them is supported, and the connect is refused. Without any supported
 * ones the offer is ignored, as in Phoenix.
 */
export function chooseSubprotocol(
  header: string | undefined,
  supported: readonly string[]
): SubprotocolChoice | undefined {
  const offered = header === undefined ? [] : header.split(',').map((name) => name.trim())
  if (supported.length === 0 || offered.length === 0) return { selected: undefined, token: null }
  const selected = supported.find((name) => offered.includes(name))
  if (selected === undefined) return undefined
  const carriers = offered.filter((name) => name.startsWith(tokenPrefix))
  const [carrier] = carriers
  // As in Phoenix, two tokens are none: nobody could say which one counts.
  const token =
    carrier === undefined || carriers.length > 1 ? null : decodeToken(carrier.slice(tokenPrefix.length))
  return { selected, token }
}

/**
 * phoenix.js sends the standard alphabet without padding; the URL alphabet of the name is taken too.
 * No text at all is the empty token, as Elixir's Base has it.
 */
function decodeToken(text: string): string | null {
  return /^(?:[A-Za-z0-9+/_-]+=*)?$/.test(text) ? Buffer.from(text, 'base64').toString() : null
}
