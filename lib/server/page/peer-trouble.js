const meanwhile = 'Hook calls go over the WebSocket meanwhile.'

/** Why there never will be a peer in this browser; undefined where there may be one. */
export function missingWebRtc() {
  if ('RTCPeerConnection' in globalThis) return undefined
  return `This browser has no WebRTC, or it is switched off. ${meanwhile}`
}

/** For a server that answers no offers. */
export const disabledWebRtc = `The server has WebRTC switched off (WEBRTC=off). ${meanwhile}`

/**
 * Why no peer opens, as far as a page can know.
 *
 * @param local The candidates of this browser since it was last connected, as text.
 * @param remote Those of the server.
 * @param refusal What the server answered instead of taking the offer, if it did.
 * @param failure What this browser said when it made no offer, if it made none.
 * @param isOffered Whether the browser made an offer, and looked for candidates of its own.
 * @param isAnswered Whether it took one, and answered it.
 * @param isReached Whether ICE found a way, so that it is what comes after that fails.
 */
export function explainTrouble(facts) {
  return `No DataChannel opens: ${reasonOf(facts)} ${meanwhile} Trying again...`
}

function reasonOf({ local, remote, refusal, failure, isOffered, isAnswered, isReached }) {
  if (refusal !== undefined) return `the server answers the offer with "${refusal}".`
  if (failure !== undefined) return `this browser makes no offer: ${failure}`
  // Firefox gives up before the answer comes.
  if (isOffered && local.size === 0) {
    return 'this browser names no address of its own. This machine may have no network but loopback, which browsers do not look at, or a setting or an add-on keeps WebRTC from it.'
  }
  if (!isAnswered) return 'the server does not answer the offer.'
  if (isReached) return 'UDP gets through to the server, but DTLS or SCTP does not come up.'
  const addresses = [...new Set([...remote].map(addressOf))]
  if (addresses.length === 0) {
    return 'the server names no address of its peers. Start it with WEBRTC_BIND, an address that this browser reaches.'
  }
  const named = addresses.join(', ')
  if (addresses.every(isLoopback)) {
    return `the server's peers are on ${named} alone, which Firefox never uses and other machines cannot reach. Start the server with WEBRTC_BIND, an address that this browser reaches.`
  }
  return `no UDP gets through between this browser and ${named}. A firewall may be in the way; WEBRTC_UDP_PORT, WEBRTC_PUBLIC_IP and ICE_SERVERS are for such networks.`
}

function addressOf(candidate) {
  return candidate.split(' ')[4]
}

function isLoopback(address) {
  return address === '::1' || address.startsWith('127.')
}
