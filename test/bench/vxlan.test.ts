import t from 'tap'
import { completeChecksum } from '../../bench/loss/vxlan.js'

/** Headers of VXLAN, of Ethernet and of IPv4 in front of `payload`. */
function wrap(protocol: number, payload: Buffer, etherType = 0x0800): Buffer {
  const head = Buffer.alloc(8 + 14 + 20)
  head.writeUInt16BE(etherType, 20)
  head[22] = 0x45
  head.writeUInt16BE(20 + payload.length, 24)
  head[31] = protocol
  head.set([10, 77, 9, 1, 10, 77, 9, 2], 34)
  return Buffer.concat([head, payload])
}

/** As RFC 1071 has it: with a right checksum the words add up to a multiple of 65,535. */
function isRight(datagram: Buffer): boolean {
  const segment = datagram.subarray(42)
  const pseudoHeader = Buffer.concat([datagram.subarray(34, 42), Buffer.from([0, 6, 0, 0])])
  pseudoHeader.writeUInt16BE(segment.length, 10)
  const padding = Buffer.alloc(segment.length % 2)
  return BigInt(`0x${Buffer.concat([pseudoHeader, segment, padding]).toString('hex')}`) % 65_535n === 0n
}

t.test('the checksum of a TCP segment is made right, whatever stood there', async (t) => {
  for (let length = 20; length < 60; length++) {
    const segment = Buffer.from(Array.from({ length }, (_, index) => (index * 89 + length * 7) % 256))
    const datagram = wrap(6, segment)
    completeChecksum(datagram)
    t.ok(isRight(datagram), `${length} bytes`)
    const again = Buffer.from(datagram)
    completeChecksum(again)
    t.same(again, datagram)
  }
})

t.test('UDP goes without, and everything else stays as it is', async (t) => {
  const udp = wrap(17, Buffer.alloc(16, 7))
  completeChecksum(udp)
  t.equal(udp.readUInt16BE(42 + 6), 0)
  for (const other of [wrap(1, Buffer.alloc(8, 7)), wrap(6, Buffer.alloc(20, 7), 0x0806), Buffer.alloc(10)]) {
    const before = Buffer.from(other)
    completeChecksum(other)
    t.same(other, before)
  }
})
