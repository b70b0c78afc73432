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
const lineBreak = /\r\n|\n|\r/
const mediaLine = /^m=([a-z]+) (\d{1,5})(?:\/\d+)? ([A-Z/]+) (.+)$/
const dataProtocols = new Set(['UDP/DTLS/SCTP', 'DTLS/SCTP', 'TCP/DTLS/SCTP'])
const fragment = /^[A-Za-z0-9+/]{4,256}$/
const password = /^[A-Za-z0-9+/]{22,256}$/
const fingerprint = /^[A-Za-z0-9-]{1,16} [0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}$/

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
  const lines = sdp.split(lineBreak).map((line) => line.trimEnd())
  if (lines[0] !== 'v=0') throw new InvalidSdp('no version line')

  const session: string[] = []
  const sections: Section[] = []
  const texts = new Set<string>()
  const usernameFragments = new Set<string>()
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push(readMediaLine(line, sections.length))
    else if (line.startsWith('a=candidate:')) texts.add(line)
    else if (line === 'a=end-of-candidates' || line === '') continue
    else {
      if (line.startsWith('a=ice-ufrag:')) usernameFragments.add(line.slice('a=ice-ufrag:'.length))
      const section = sections.at(-1)
      if (section === undefined) session.push(line)
      else if (section.isData || line.startsWith('a=mid:')) section.lines.push(line)
    }
  }

  const dataSectionIndex = sections.findIndex(({ isData }) => isData)
  const data = sections[dataSectionIndex]
  if (data === undefined) throw new InvalidSdp('no data section')
  if (sections.filter(({ isData }) => isData).length > 1) throw new InvalidSdp('more than one data section')
  checkCredentials([...session, ...data.lines])
  const clean = [...session, ...sections.flatMap(({ mediaLine, lines }) => [mediaLine, ...lines]), '']
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

function readCandidates(texts: Iterable<string>): { candidates: IceCandidate[]; rest: number } {
  const candidates: IceCandidate[] = []
  let rest = 0
  for (const text of texts) {
    const reading = parseCandidate(text)
    if (reading.kind === 'valid' && candidates.length < maxCandidates) candidates.push(reading.candidate)
    else rest++
  }
  return { candidates, rest }
}
