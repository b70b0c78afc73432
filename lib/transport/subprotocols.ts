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
 * ones the offer is ignored, as in Phoenix. A single token counts as no offer where tokens are taken.
 */
export function chooseSubprotocol(
  header: string | undefined,
  supported: readonly string[],
  takesToken = true
): SubprotocolChoice | undefined {
  if (header === undefined) return noOffer
  const offered = namesIn(header)
  const carriers = takesToken ? offered.filter(isCarrier) : []
  // As in Phoenix, two tokens are none: nobody could say which one counts.
  const carrier = carriers.length === 1 ? carriers[0] : undefined
  const token = carrier === undefined ? null : decodeToken(carrier.slice(tokenPrefix.length))
  const names = carrier === undefined ? offered : offered.filter((name) => name !== carrier)
  if (supported.length === 0 || names.length === 0) return { selected: undefined, token }
  const selected = supported.find((name) => names.includes(name))
  return selected === undefined ? undefined : { selected, token }
}

/** What the name of a sub-protocol looks like, such as `v12.stomp`; whoever offers a token by itself offers something longer. */
const nameOfOne = /^[a-z][a-z\d_-]*(?:\.[a-z\d]+)?$/i
const longestName = 20

/** What a client offers, for the log: tokens are left out, and all that may be one. */
export function withoutTokens(header: string | undefined): string[] {
  return namesIn(header).map((name) => {
    if (isCarrier(name)) return `${tokenPrefix}[token]`
    return name.length <= longestName && nameOfOne.test(name) ? name : '[redacted]'
  })
}

const noOffer: SubprotocolChoice = { selected: undefined, token: null }

function namesIn(header: string | undefined): string[] {
  return header === undefined ? [] : header.split(',').map((name) => name.trim())
}

function isCarrier(name: string): boolean {
  return name.startsWith(tokenPrefix)
}

/**
 * phoenix.js sends the standard alphabet without padding; the URL alphabet of the name is taken too.
 * No text at all is the empty token, as Elixir's Base has it.
 */
function decodeToken(text: string): string | null {
  return /^(?:[A-Za-z0-9+/_-]+=*)?$/.test(text) ? Buffer.from(text, 'base64').toString() : null
}
