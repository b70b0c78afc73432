const finalText = 0x81

/** A whole text frame of RFC 6455, section 5.2, as a server sends it: in one piece, neither masked nor compressed. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const start = headerSize(length)
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = finalText
  if (start === 2) {
    frame[1] = length
  } else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  // ASCII, which most texts are, is copied and not encoded.
  frame.write(text, start, length === text.length ? 'latin1' : 'utf8')
  return frame
}

/** The size of a header, without the mask, in front of a payload of so many bytes. */
export function headerSize(payload: number): number {
  return payload < 126 ? 2 : payload < 65_536 ? 4 : 10
}
