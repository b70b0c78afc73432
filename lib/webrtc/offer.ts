import { InvalidSdp } from '../errors.js'
import { type IceCandidate, parseCandidate } from './candidates.js'

/** A client's offer, taken apart and made harmless. */
export interface Offer {
  /** What native code gets: no candidates, and no media but the DataChannels. */
  sdp: string
  /** Candidates that stood in the offer and are of use, as those of a client that does not trickle. */
  candidates: IceCandidate[]
  /** How many candidates stood in it that are not among `candidates`. */
  ignoredCandidates: number
  /** Position of the data section, which the server's candidates name as their `sdpMLineIndex`. */
  dataSectionIndex: number
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
  /^(?:[vostcm]=|a=(?:candidate|group|setup|fingerprint|ice-ufrag|ice-pwd|ice-options|mid|sctp-port|sctpmap|max-message-size):|a=ice-lite)/

interface Section {
  isData: boolean
  mediaLine: string
  lines: string[]
}

/**
 * Reads the SDP of an offer (RFC 8866, RFC 8829, RFC 8841), none of which is trusted. Throws
 * `PHX_ERR_WEBRTC_INVALID_SDP` when it does not ask for DataChannels.
 *
 * Candidates are taken out to be handled as if the client had trickled them: host names never
 * reach native code, their number is bounded, and they wait as long as all others. Media is turned
 * down by setting the port of its section to 0, as an answerer without media does (RFC 3264).
 */
export function readOffer(sdp: unknown): Offer {
  if (typeof sdp !== 'string') throw new InvalidSdp('no string')
  if (sdp.length > maxOfferBytes || Buffer.byteLength(sdp) > maxOfferBytes) throw new InvalidSdp('too long')
  if (sdp.includes('\0')) throw new InvalidSdp('a NUL character')
  const lines = sdp.split(lineBreak)
  if (lines[0]?.trimEnd() !== 'v=0') throw new InvalidSdp('no version line')

  const session: string[] = []
  const sections: Section[] = []
  const texts = new Set<string>()
  const usernameFragments = new Set<string>()
  let section: Section | undefined
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
    } else if (section === undefined) session.push(line)
    else if (section.isData || kind === 'a=mid:') section.lines.push(line)
  }

  const dataSectionIndex = sections.findIndex(({ isData }) => isData)
  const data = sections[dataSectionIndex]
  if (data === undefined) throw new InvalidSdp('no data section')
  if (sections.filter(({ isData }) => isData).length > 1) throw new InvalidSdp('more than one data section')
  const clean = [...session, ...sections.flatMap(({ mediaLine, lines }) => [mediaLine, ...lines]), '']
  if (clean.length > maxLines) throw new InvalidSdp('too many lines')
  checkCredentials([...session, ...data.lines])
  const { candidates, rest } = readCandidates(texts)
  return { sdp: clean.join('\r\n'), candidates, ignoredCandidates: rest, dataSectionIndex, usernameFragments }
}

function readMediaLine(line: string, sectionsBefore: number): Section {
  if (sectionsBefore === maxSections) throw new InvalidSdp('too many media sections')
  const match = mediaLine.exec(line)
  if (match === null) throw new InvalidSdp('a malformed media line')
  const [, media, port, protocol, formats] = match as unknown as [string, string, string, string, string]
  if (Number(port) > 65_535) throw new InvalidSdp('a port out of range')
  if (media === 'application' && port !== '0' && dataProtocols.has(protocol)) {
    return { isData: true, mediaLine: line, lines: [] }
  }
  return {
    isData: false,
    mediaLine: `m=${media} 0 ${protocol} ${formats}`,
    lines: ['c=IN IP4 0.0.0.0', 'a=inactive']
  }
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

function readCandidates(texts: ReadonlySet<string>): { candidates: IceCandidate[]; rest: number } {
  const candidates: IceCandidate[] = []
  let read = 0
  for (const text of texts) {
    if (candidates.length === maxCandidates || ++read > maxReadCandidates) break
    const reading = parseCandidate(text)
    if (reading.kind === 'valid') candidates.push(reading.candidate)
  }
  return { candidates, rest: texts.size - candidates.length }
}
