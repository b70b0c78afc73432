/** The function that a call is for. */
export interface CallName {
  readonly plugin: string
  readonly fn: string
}

export interface CodecCall extends CallName {
  /** From 1 to 2^32 - 1. */
  readonly id: number
  /** The arguments as the text of a JSON array, as they were when the call was made. */
  readonly json: string
  /** Of a call that is to run once. A format that leaves it out has such calls run as often as they are sent. */
  readonly key?: string | undefined
}

/** The answer to the call of that id. */
export type CodecReply = { readonly id: number } & ({ readonly data: unknown } | { readonly error: string })

/** How calls and answers are written on the DataChannel `events`. */
export interface RpcCodec {
  /** The sub-protocol that the DataChannel is created with; the server goes by it. */
  readonly protocol: string
  encode(call: CodecCall): string | Uint8Array
  /**
   * Reads an answer; undefined for what is none. It must not throw, whatever the message.
   *
   * @param find who waits for the answer with that id
   */
  decode(message: string | Uint8Array, find: (id: number) => CallName | undefined): CodecReply | undefined
}

/** JSON text, the default. */
export const jsonCodec: RpcCodec = {
  protocol: '',
  encode: ({ id, plugin, fn, json, key }) =>
    `{"type":"call_hook","id":${id},"plugin":${JSON.stringify(plugin)},"fn":${JSON.stringify(fn)},"args":${json}${key === undefined ? '' : `,"key":${JSON.stringify(key)}`}}`,
  decode(message) {
    if (typeof message !== 'string') return undefined
    try {
      const { type, id, data = null, error } = JSON.parse(message)
      if (typeof id !== 'number') return undefined
      if (type === 'hook_reply') return { id, data }
      if (type === 'hook_error') return { id, error: String(error) }
    } catch {
      // Neither JSON nor an object: not of ours.
    }
    return undefined
  }
}
