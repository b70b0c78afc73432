import { sizeOf } from '../util/size-of.js'

/** How a call that ran has ended, in every form in which it may be asked for. */
export type KeptResult =
  | { readonly ok: true; readonly json: string; readonly raw?: Uint8Array | undefined }
  | { readonly ok: false; readonly reason: string }

/** Bytes of the head of an encoded result: what it is, and how long its text. */
const headBytes = 5
const kinds = { failed: 0, json: 1, typed: 2 } as const

/** As nodes tell each other. */
export function encodeResult(result: KeptResult): Buffer {
  const text = Buffer.from(result.ok ? result.json : result.reason)
  const head = Buffer.alloc(headBytes)
  const raw = result.ok ? result.raw : undefined
  head[0] = !result.ok ? kinds.failed : raw === undefined ? kinds.json : kinds.typed
  head.writeUInt32BE(text.length, 1)
  return Buffer.concat(raw === undefined ? [head, text] : [head, text, raw])
}

/** Undefined for what is none. */
export function decodeResult(bytes: Uint8Array): KeptResult | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (buffer.length < headBytes) return undefined
  const end = headBytes + buffer.readUInt32BE(1)
  if (end > buffer.length) return undefined
  const text = buffer.toString('utf8', headBytes, end)
  if (buffer[0] === kinds.failed) return { ok: false, reason: text }
  if (buffer[0] === kinds.json) return { ok: true, json: text }
  // A copy: what is kept would hold all that came with it.
  return buffer[0] === kinds.typed
    ? { ok: true, json: text, raw: Buffer.from(buffer.subarray(end)) }
    : undefined
}

/** Bytes that keeping it takes, about. */
export function bytesOf(result: KeptResult): number {
  if (!result.ok) return sizeOf(result.reason)
  return sizeOf(result.json) + (result.raw?.byteLength ?? 0)
}
