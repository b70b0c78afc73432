import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { InvalidOption, PeerAddressUnavailable } from '../errors.js'
import { oneLine } from '../log/one-line.js'
import type { NativeChannel, NativePeerConnection } from './native-library.js'

/** What peers bind. */
export interface PeerAddress {
  /** IP address; without one all but loopback. */
  readonly bindAddress: string | undefined
  /** The one port of all peers; without one each has its own. */
  readonly udpPort: number | undefined
  /** First and last port, where each peer has its own. */
  readonly portRange: readonly [number, number] | undefined
}

/** An offer without candidates: the peer that answers it binds its port and waits. */
const offer = [
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  `a=fingerprint:sha-256 ${Array(32).fill('00').join(':')}`,
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=setup:actpass',
  'a=ice-ufrag:none',
  'a=ice-pwd:nobodyeveranswersthisone',
  ''
].join('\r\n')

interface Keeper {
  readonly bindAddress: string | undefined
  readonly peer: NativePeerConnection
  /** There is no offer without one; it has to be closed, or the process does not end. */
  readonly channel: NativeChannel
  holders: number
}

// The library keeps its sockets for the whole process, so what is known of them is kept so, too.
const keepers = new Map<number, Keeper>()
/** What native code may still call back; see NativeContext. */
const handles = new Set<object>()

/**
 * Finds out whether peers can bind, and keeps a shared port from now on until the returned function is
 * called. Left to itself the library opens a shared port with the first peer, closes it with the last
 * one, and finds out that it cannot have it when a client makes an offer. Where no port is shared no peer is made: the
 * first one starts threads that the library keeps, and a server may never get an offer.
 *
 * Rejects with `PHX_ERR_WEBRTC_BIND`, and with `PHX_ERR_OPTION_INVALID` when the port is held for
 * another address: the library would use that one.
 *
 * @param create makes a peer that binds as all peers will
 */
export async function bindPeers(
  create: () => NativePeerConnection,
  { bindAddress, udpPort, portRange }: PeerAddress
): Promise<() => void> {
  // Any port of any address: there is one.
  if (bindAddress === undefined && udpPort === undefined && portRange === undefined) return () => {}
  if (udpPort === undefined) {
    await demandAnyPort(bindAddress, portRange)
    return () => {}
  }
  const keeper = keepers.get(udpPort)
  if (keeper !== undefined && keeper.bindAddress !== bindAddress) {
    const problem = `port ${udpPort} is in use by peers that bind ${describe(keeper.bindAddress)}`
    throw new InvalidOption('webrtc.udpPort', problem)
  }
  const probe = create()
  try {
    // An answer, as all peers give: where an offer of our own cannot bind, the process is aborted.
    probe.setRemoteDescription(offer, 'offer')
    return hold(udpPort, bindAddress, create)
  } catch (err) {
    const { problem, cause } = await explain(err, bindAddress, udpPort)
    throw new PeerAddressUnavailable(describe(bindAddress, udpPort), problem, { cause })
  } finally {
    end(probe)
  }
}

/** Whether a peer can bind at this moment. */
export function canBind(create: () => NativePeerConnection): boolean {
  let probe: NativePeerConnection | undefined
  try {
    probe = create()
    probe.setRemoteDescription(offer, 'offer')
    return true
  } catch {
    return false
  } finally {
    if (probe !== undefined) end(probe)
  }
}

/** Holds the port, which some peer has to have open at this moment. */
function hold(udpPort: number, bindAddress: string | undefined, create: () => NativePeerConnection) {
  let keeper = keepers.get(udpPort)
  if (keeper === undefined) {
    // It offers, and nobody ever hears of it: unlike a peer that answers it does not fail after a while.
    const peer = create()
    const channel = peer.createDataChannel('')
    channel.onClosed(() => handles.delete(channel))
    handles.add(channel)
    peer.setLocalDescription()
    keeper = { bindAddress, peer, channel, holders: 0 }
    keepers.set(udpPort, keeper)
  }
  const held = keeper
  held.holders++
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    if (--held.holders > 0) return
    keepers.delete(udpPort)
    held.channel.close()
    end(held.peer)
  }
}

function end(peer: NativePeerConnection): void {
  handles.add(peer)
  peer.onStateChange((state) => {
    if (state === 'closed') handles.delete(peer)
  })
  peer.close()
}

/** Rejects with `PHX_ERR_WEBRTC_BIND` when no port of the range is free on the address. */
async function demandAnyPort(
  address: string | undefined,
  [first, last]: readonly [number, number] = [0, 0]
): Promise<void> {
  let cause: unknown
  for (let port = first; port <= last; port++) {
    cause = await bindProblem(address, port)
    if (cause === undefined) return
    // Of an address that is not there, no other port is either.
    if (!['EADDRINUSE', 'EACCES'].includes(codeOf(cause))) break
  }
  throw new PeerAddressUnavailable(describe(address), wordsFor(cause), { cause })
}

/** What the operating system says to such a bind; undefined where it can be had. */
async function bindProblem(address: string | undefined, port: number): Promise<unknown> {
  if (address !== undefined) return problemWith(address, port)
  const problem = await problemWith('::', port)
  // Machines without IPv6 have but the other.
  return ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(problem)) ? problemWith('0.0.0.0', port) : problem
}

async function problemWith(address: string, port: number): Promise<unknown> {
  const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6')
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
    return undefined
  } catch (err) {
    return err
  } finally {
    socket.close()
  }
}

/** The library does not tell why it could not bind; the operating system does. */
async function explain(
  err: unknown,
  address: string | undefined,
  port: number
): Promise<{ problem: string; cause: unknown }> {
  const cause = await bindProblem(address, port)
  return cause === undefined ? { problem: oneLine(err), cause: err } : { problem: wordsFor(cause), cause }
}

const problems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'it is no address of this machine',
  EACCES: 'this user may not'
}

function codeOf(err: unknown): string {
  return (err as NodeJS.ErrnoException | undefined)?.code ?? ''
}

function wordsFor(err: unknown): string {
  return problems[codeOf(err)] ?? oneLine(err)
}

function describe(bindAddress: string | undefined, udpPort?: number): string {
  const address = bindAddress ?? 'all addresses'
  return udpPort === undefined ? address : `UDP port ${udpPort} of ${address}`
}
