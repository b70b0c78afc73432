import { isHidden, isLoopback, isPrivate, parseCandidate } from './candidates.js'

/**
 * The likely cause of a peer's failure, as far as the candidates of both sides tell: `{ title, advice }`. Failures of
 * the same cause have the same title.
 */
export function causeOf({ why, local, remote }) {
  if (why === 'disconnected') {
    return {
      title: 'Clients that were connected went away',
      advice:
        'Nothing came from them any more: a closed laptop, a change of network, a browser that was killed. Many at once mean that a network on the way, or this host, stopped passing UDP.'
    }
  }
  const own = local.map(parseCandidate).filter(Boolean)
  const theirs = remote.map(parseCandidate).filter(Boolean)
  return serverCause(own) ?? clientCause(theirs) ?? pathCause(own, theirs)
}

function serverCause(own) {
  if (own.length === 0) {
    return {
      title: 'The server named no address of its own',
      advice: 'Its peers could not bind. Set WEBRTC_BIND (option webrtc.bindAddress) to an address that clients reach.'
    }
  }
  if (own.every(({ address }) => isLoopback(address))) {
    return {
      title: 'The server\'s peers are on loopback alone',
      advice: 'Other machines cannot reach them, and Firefox never does. Set WEBRTC_BIND to an address that clients reach.'
    }
  }
  return undefined
}

function clientCause(theirs) {
  if (theirs.length === 0) {
    return {
      title: 'The client named no address',
      advice:
        'A setting, an add-on or a policy keeps WebRTC from its network, or it went away while it opened. Hook calls go over its WebSocket meanwhile.'
    }
  }
  if (theirs.every(({ transport }) => transport === 'tcp')) {
    return {
      title: 'The client has no UDP at all',
      advice: 'It named TCP addresses only. A TURN server over TCP or TLS, listed in ICE_SERVERS, gets through.'
    }
  }
  return undefined
}

function pathCause(own, theirs) {
  const publicOwn = own.filter(({ address }) => !isPrivate(address))
  const outside = theirs.filter(({ address }) => !isPrivate(address) && !isHidden(address))
  if (publicOwn.length === 0 && outside.length > 0) {
    return {
      title: 'The server names private addresses only',
      advice: `Clients come from outside (${outside[0].address}), and cannot reach ${own[0].address}. Set WEBRTC_PUBLIC_IP (option webrtc.publicIp) to the address that they reach.`
    }
  }
  if (theirs.some(({ type }) => type === 'relay')) {
    return {
      title: 'Even the relay got no answer',
      advice: 'The client had an address on a TURN server. Look whether that server may send to this one: its allowed peers, and the firewall for UDP here.'
    }
  }
  if (theirs.every(({ address }) => isHidden(address))) {
    return {
      title: 'The client hides its addresses, and found no other',
      advice: 'It reached no STUN server, which would have named its public one. Look whether ICE_SERVERS is set and can be reached by clients.'
    }
  }
  const visible = theirs.filter(({ address }) => !isHidden(address))
  const version = familyOf(own[0])
  if (own.every((each) => familyOf(each) === version) && !visible.some((each) => familyOf(each) === version)) {
    return {
      title: `The server speaks IPv${version} alone, the client does not`,
      advice: 'They have no kind of address in common. Let peers bind both: WEBRTC_BIND.'
    }
  }
  return {
    title: 'No UDP gets through',
    advice: `Both sides named addresses that could reach each other (${own[0].address} and ${visible[0].address}), and none did: a firewall is in the way, here (open the ports of WEBRTC_UDP_PORT) or at the client. A TURN server over TCP or TLS, listed in ICE_SERVERS, gets through most.`
  }
}

const familyOf = ({ address }) => (address.includes(':') ? 6 : 4)
