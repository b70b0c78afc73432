/** A description that the library made, with what it has found of its own addresses so far. */
export interface LocalDescription {
  /** As it was before any address was found: those are told one by one. */
  sdp: string
  /** Each starts with `candidate:`, as RTCIceCandidate wants it; in the order in which they were found. */
  candidates: string[]
  /** Of the DataChannels' section. */
  mid: string
}

const candidateLine = /^a=(candidate:[^\r\n]*)\r?\n/gm
const endLine = /^a=end-of-candidates\r?\n/gm
/** The library writes the best address so far into these two, where it may be one that nobody is to know. */
const mediaPort = /^(m=\S+) [1-9]\d* /gm
const connectionLine = /^c=[^\r\n]*/gm

/** Takes apart what the library describes itself with. */
export function readLocalDescription(text: string): LocalDescription {
  return {
    sdp: text
      .replace(candidateLine, '')
      .replace(endLine, '')
      .replace(mediaPort, '$1 9 ')
      .replace(connectionLine, 'c=IN IP4 0.0.0.0'),
    candidates: Array.from(text.matchAll(candidateLine), ([, candidate]) => candidate as string),
    mid: /^a=mid:([^\r\n]*)/m.exec(text.slice(text.search(/^m=application /m)))?.[1] ?? ''
  }
}
