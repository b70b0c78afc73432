import { InvalidSdp } from '../errors.js'
import {
  answerBundle,
  type KeptSection,
  keepSection,
  type OfferedSection,
  transportSection,
  withTransport
} from './bundle.js'
import { type IceCandidate, type IgnoredCandidate, parseCandidate } from './candidates.js'

/** A client's offer, taken apart and made harmless. */
export interface Offer {
  /** What native code gets: no candidates, and no media but the DataChannels. */
  sdp: string
  /** Candidates that stood in the offer and are of use, as those of a client that does not trickle. */
  candidates: IceCandidate[]
  /** How many candidates stood in it that are not among `candidates`. */
  ignoredCandidates: number
  /** Those of them that were read, each with why it is of no use. */
  passedOver: IgnoredCandidate[]
  /**
   * The section whose transport the DataChannels use, which the server's candidates name: its position,
   * and its mid where that is not the data section's own.
   */
  transportSection: { index: number; mid: string | undefined }
  /** What the client gets, out of the answer that native code makes of `sdp`. */
  toAnswer(sdp: string): string
  /** The ICE session that the offer belongs to; candidates of another one are stale. */
  usernameFragments: ReadonlySet<string>
}

/** Bytes of the largest offer that is looked at. */
export const maxOfferBytes = 64 * 1024

/** Candidates of one client that are of use at most; more of them only cost connectivity checks. */
export const maxCandidates = 64

const maxSections = 16
/** Lines that native code gets at most: a dozen for the data section, and four for each that is turned down. */
const maxLines = 128
/** Candidates in an offer that are read at all; the others are ignored, whatever they are. */
const maxReadCandidates = 4 * maxCandidates
const lineBreak = /\r\n|\n|\r/
const mediaLine = /^m=([a-z]+) (\d{1,5})(?:\/\d+)? ([A-Z/]+) (.+)$/
const dataProtocols = new Set(['UDP/DTLS/SCTP', 'DTLS/SCTP', 'TCP/DTLS/SCTP'])
const fragment = /^[A-Za-z0-9+/]{4,256}$/
const password = /^[A-Za-z0-9+/]{22,256}$/
const fingerprint = /^[A-Za-z0-9-]{1,16} [0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}$/

/**
 * The lines that mean something to DataChannels (RFC 8866, RFC 8839, RFC 8842, RFC 8841). Nothing else
 * reaches native code: what it would do with a line is its own matter, and each one costs.
 */
const kindOfLine =
  /^(?:[vostcm]=|a=(?:candidate|group|setup|fingerprint|ice-ufrag|ice-pwd|ice-options|mid|sctp-port|sctpmap|max-message-size|rtpmap|fmtp):|a=ice-lite|a=bundle-only|a=rtcp-mux$)/

/**
 * Reads the SDP of an offer (RFC 8866, RFC 8829, RFC 8841), none of which is trusted. Throws
 * `PHX_ERR_WEBRTC_INVALID_SDP` when it does not ask for DataChannels.
 *
 * Candidates are taken out to be handled as if the client had trickled them: host names never
 * reach native code, their number is bounded, and they wait as long as all others. Media is turned
 * down by setting the port of its section to 0, as an answerer without media does (RFC 3264); but for
 * the section whose transport the DataChannels use, see {@link transportSection}.
 */
export function readOffer(sdp: unknown): Offer {
  if (typeof sdp !== 'string') throw new InvalidSdp('no string')
  if (sdp.length > maxOfferBytes || Buffer.byteLength(sdp) > maxOfferBytes) throw new InvalidSdp('too long')
  if (sdp.includes('\0')) throw new InvalidSdp('a NUL character')
  const lines = sdp.split(lineBreak)
  if (lines[0]?.trimEnd() !== 'v=0') throw new InvalidSdp('no version line')

  const session: string[] = []
  const sections: OfferedSection[] = []
  const texts = new Set<string>()
  const usernameFragments = new Set<string>()
  let section: OfferedSection | undefined
  for (const untrimmed of lines) {
    // First, so that a bomb of other lines costs no more than this look at each.
    const kind = kindOfLine.exec(untrimmed)?.[0]
    if (kind === undefined) continue
    const line = untrimmed.trimEnd()
    if (kind === 'a=ice-ufrag:') usernameFragments.add(line.slice(kind.length))
    if (kind === 'a=candidate:') texts.add(line)
    else if (kind === 'm=') {
      section = readMediaLine(line, sections.length)
      sections.push(section)
    } else (section?.lines ?? session).push(line)
  }

  const [data, ...others] = sections.filter(isOfData)
  if (data === undefined) throw new InvalidSdp('no data section')
  if (others.length > 0) throw new InvalidSdp('more than one data section')
  const first = transportSection(session, sections, data)
  if (data.port === 0 && first === undefined) throw new InvalidSdp('a bundle-only section without a bundle')
  const dataLines = toNative(data, first)
  const clean = [
    ...session.filter(isNative),
    ...sections.flatMap((section) => (section === data ? dataLines : turnDown(section))),
    ''
  ]
  if (clean.length > maxLines) throw new InvalidSdp('too many lines')
  checkCredentials([...session, ...dataLines])
  const { candidates, passedOver } = readCandidates(texts)
  const index = sections.indexOf(first ?? data)
  const kept: KeptSection | undefined = first && keepSection(first, index, data)
  return {
    sdp: clean.join('\r\n'),
    candidates,
    ignoredCandidates: texts.size - candidates.length,
    passedOver,
    usernameFragments,
    transportSection: { index, mid: kept?.mid },
    toAnswer: (sdp) => (kept === undefined ? sdp : answerBundle(sdp, kept))
  }
}

function isOfData({ media, port, protocol, lines }: OfferedSection): boolean {
  if (media !== 'application' || !dataProtocols.has(protocol)) return false
  return port !== 0 || lines.includes('a=bundle-only')
}

/** Not what is only read to answer media. */
function isNative(line: string): boolean {
  return !/^a=(?:rtpmap:|fmtp:|bundle-only|rtcp-mux)/.test(line)
}

function toNative(data: OfferedSection, first: OfferedSection | undefined): string[] {
  const lines = first === undefined ? data.lines : withTransport(data, first)
  return [`m=application ${data.port || 9} ${data.protocol} ${data.formats}`, ...lines.filter(isNative)]
}

function turnDown({ media, protocol, formats, lines }: OfferedSection): string[] {
  const mids = lines.filter((line) => line.startsWith('a=mid:'))
  return [`m=${media} 0 ${protocol} ${formats}`, 'c=IN IP4 0.0.0.0', 'a=inactive', ...mids]
}

function readMediaLine(line: string, sectionsBefore: number): OfferedSection {
  if (sectionsBefore === maxSections) throw new InvalidSdp('too many media sections')
  const match = mediaLine.exec(line)
  if (match === null) throw new InvalidSdp('a malformed media line')
  const [, media, port, protocol, formats] = match as unknown as [string, string, string, string, string]
  if (Number(port) > 65_535) throw new InvalidSdp('a port out of range')
  return { media, port: Number(port), protocol, formats, lines: [] }
}

function checkCredentials(lines: string[]): void {
  const all = (attribute: string, form: RegExp) => {
    const prefix = `a=${attribute}:`
    const values = lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))
    if (values.length === 0) throw new InvalidSdp(`no ${attribute}`)
    if (!values.every((value) => form.test(value))) throw new InvalidSdp(`a malformed ${attribute}`)
  }
  all('ice-ufrag', fragment)
  all('ice-pwd', password)
  all('fingerprint', fingerprint)
}

function readCandidates(texts: ReadonlySet<string>): Pick<Offer, 'candidates' | 'passedOver'> {
  const candidates: IceCandidate[] = []
  const passedOver: IgnoredCandidate[] = []
  let read = 0
  for (const text of texts) {
    if (candidates.length === maxCandidates || ++read > maxReadCandidates) break
    const reading = parseCandidate(text)
    if (reading.kind === 'valid') candidates.push(reading.candidate)
    else if (reading.kind === 'ignored') passedOver.push({ candidate: text, why: reading.why })
  }
  return { candidates, passedOver }
}
