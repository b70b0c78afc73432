import type { Serializer } from './serializer.js'

interface Version {
  major: number
  minor: number
  patch: number
  prerelease: boolean
}

// Semantic Versioning 2.0.0: three numbers without leading zeros, then an optional prerelease and
// optional build metadata.
const number = '(0|[1-9]\\d*)'
const identifier = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9a-zA-Z.-]+)?$`
)

function parseVersion(text: string): Version | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  return {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3]),
    prerelease: match[4] !== undefined
  }
}

/** Whether a serializer can be asked for by this version. */
export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && parseVersion(value) !== undefined
}

/** Elixir's `~> major.minor.patch`: the same major and minor, and not below the patch. */
function satisfies(version: Version, base: Version): boolean {
  if (version.major !== base.major || version.minor !== base.minor) return false
  return version.patch > base.patch || (version.patch === base.patch && !version.prerelease)
}

/** The version a client speaks that does not say so (Phoenix.Socket). */
const defaultVersion = '1.0.0'

/**
 * Picks the serializer for the `vsn` parameter of a connect, which is whatever the client sent;
 * undefined when none of ours fits and the connect is refused.
 */
export function negotiate(vsn: unknown, serializers: readonly Serializer[]): Serializer | undefined {
  const text = vsn === undefined ? defaultVersion : vsn
  // Real versions are a few bytes; the cap bounds what the pattern is run on.
  if (typeof text !== 'string' || text.length > 64) return undefined
  const version = parseVersion(text)
  if (version === undefined) return undefined
  return serializers.find((serializer) => {
    const base = parseVersion(serializer.version)
    return base !== undefined && satisfies(version, base)
  })
}

/** {@link negotiate} among these. The last answer is kept: nearly all clients of a server speak one version. */
export function negotiator(serializers: readonly Serializer[]): (vsn: unknown) => Serializer | undefined {
  let spoken: { readonly vsn: unknown; readonly serializer: Serializer } | undefined
  return (vsn) => {
    if (spoken !== undefined && spoken.vsn === vsn) return spoken.serializer
    const serializer = negotiate(vsn, serializers)
    if (serializer !== undefined) spoken = { vsn, serializer }
    return serializer
  }
}
