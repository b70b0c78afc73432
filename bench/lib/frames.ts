/** A frame of the v2 serializer as it stands in JSON (Phoenix.Socket.V2.JSONSerializer). */
export type Frame<Payload = object> = [
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: Payload
]

/** The arguments of `call_hook`, over the channel and, with `type` and `id`, over a DataChannel. */
export interface HookCallPayload {
  plugin: string
  fn: string
  args: unknown[]
}

export interface DescriptionPayload {
  sdp: string
  type: 'offer' | 'answer'
}

export interface CandidatePayload {
  candidate: string
  sdpMid: string
  sdpMLineIndex: number
}
