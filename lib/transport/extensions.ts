const name = 'permessage-deflate'

/** RFC 7692, section 7.1: the parameters that there are, and the values that each may have. */
const parameters: Record<string, RegExp> = {
  server_no_context_takeover: /^$/,
  client_no_context_takeover: /^$/,
  server_max_window_bits: /^=(?:[89]|1[0-5])$/,
  client_max_window_bits: /^(?:=(?:[89]|1[0-5]))?$/
}

/**
 * The offers of permessage-deflate that can be taken, as a header again; undefined where there is none. An
 * offer with a parameter that is unknown, invalid or there twice is declined, and the connect goes on.
 */
export function deflateOffers(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const offers = header.split(',').map(acceptable)
  return offers.filter((offer) => offer !== undefined).join(', ') || undefined
}

function acceptable(offer: string): string | undefined {
  const [extension, ...given] = offer.split(';').map((part) => part.trim())
  if (extension !== name) return undefined
  const seen = new Set<string>()
  const taken = [name]
  for (const text of given) {
    // A value may be quoted, and have spaces around.
    const [, parameter = '', value = ''] = /^([a-z_]+)\s*(?:=\s*"?([^"\s]*)"?)?$/.exec(text) ?? []
    const suffix = text.includes('=') ? `=${value}` : ''
    if (!Object.hasOwn(parameters, parameter) || !parameters[parameter]?.test(suffix)) return undefined
    if (seen.has(parameter)) return undefined
    seen.add(parameter)
    taken.push(parameter + suffix)
  }
  return taken.join('; ')
}
