/** Where both ends of a tunnel listen for UDP (RFC 7348). */
export const tunnelPort = 4789

/** Where an IPv4 packet begins in a datagram of VXLAN: behind the headers of VXLAN and of Ethernet. */
const packetStart = 8 + 14

const etherTypeIpv4 = 0x0800
const protocols = { tcp: 6, udp: 17 } as const

/**
 * Completes the checksum of the TCP segment or UDP datagram that VXLAN wrapped. The kernel leaves that to
 * the network card at the end of a way that is virtual throughout, and there is none.
 */
export function completeChecksum(datagram: Buffer): void {
  if (datagram.length < packetStart + 20) return
  if (datagram.readUInt16BE(packetStart - 2) !== etherTypeIpv4) return
  const start = packetStart + ((datagram[packetStart] as number) & 0x0f) * 4
  const end = packetStart + datagram.readUInt16BE(packetStart + 2)
  const protocol = datagram[packetStart + 9]
  // UDP over IPv4 goes without.
  if (protocol === protocols.udp) datagram.writeUInt16BE(0, start + 6)
  if (protocol !== protocols.tcp) return
  datagram.writeUInt16BE(0, start + 16)
  // The pseudo-header of RFC 9293: addresses, protocol and length.
  const pseudoHeader = sum(datagram, packetStart + 12, packetStart + 20) + protocol + (end - start)
  datagram.writeUInt16BE(~fold(pseudoHeader + sum(datagram, start, end)) & 0xffff, start + 16)
}

/** The sum of the 16-bit words, the last one filled up with zeros. */
function sum(bytes: Buffer, start: number, end: number): number {
  let total = 0
  for (let at = start; at + 1 < end; at += 2) total += bytes.readUInt16BE(at)
  return (end - start) % 2 === 0 ? total : total + ((bytes[end - 1] as number) << 8)
}

/** The one's complement sum: carries are added again. */
function fold(total: number): number {
  let folded = total
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16)
  return folded
}
