import { sizeOf } from '../util/size-of.js'

/** How a call that ran has ended, in every form in which it may be asked for. */
export type KeptResult =
  | { readonly ok: true; readonly json: string; readonly raw?: Uint8Array | undefined }
  | { readonly ok: false; readonly reason: string }

/** Bytes that keeping it takes, about. */
export function bytesOf(result: KeptResult): number {
  if (!result.ok) return sizeOf(result.reason)
  return sizeOf(result.json) + (result.raw?.byteLength ?? 0)
}
