import { isSpanContextValid, type Link, type Span, type SpanContext } from '@opentelemetry/api'
import type {
  BroadcastTrace,
  ConnectTrace,
  DiagnosticSocket,
  EngineDeliverEvent,
  JoinTrace
} from '../diagnostics/events.js'
import { parseTraceparent } from './traceparent.js'

const spanContext = Symbol('span context')
const channelLinks = Symbol('links of a channel')

/** What is kept on a message for as long as somebody has it: messages are looked up by what comes later. */
interface Marked {
  [spanContext]?: SpanContext
  [channelLinks]?: Link[]
}

const none: Link[] = []

const marksOn = (message: object): Marked => message

/** The span of a message, for those that come later. */
export function mark(message: object, span: Span): void {
  marksOn(message)[spanContext] = span.spanContext()
}

/** What the spans of sockets and channels are linked to, as they do not live in one trace. */
export class Links {
  readonly #ofSockets = new WeakMap<DiagnosticSocket, Link[]>()

  opened(socket: DiagnosticSocket, connect: ConnectTrace | undefined): void {
    const known = contextOf(connect)
    if (known !== undefined) this.#ofSockets.set(socket, [{ context: known }])
  }

  /** A message of another node; those who are subscribed here get to know of the span that it was sent in. */
  delivered(told: EngineDeliverEvent): void {
    const known = told.traceparent === undefined ? undefined : parseTraceparent(told.traceparent)
    if (known !== undefined) marksOn(told)[spanContext] = known
  }

  /** The connect of a socket. */
  ofSocket(socket: DiagnosticSocket): Link[] {
    return this.#ofSockets.get(socket) ?? none
  }

  /** The connect of its socket, and the join of a channel. */
  ofChannel(socket: DiagnosticSocket, join: JoinTrace | undefined): Link[] {
    const known = contextOf(join)
    if (join === undefined || known === undefined) return this.ofSocket(socket)
    const marked = marksOn(join)
    marked[channelLinks] ??= [...this.ofSocket(socket), { context: known }]
    return marked[channelLinks]
  }

  /** The broadcast, here or on another node. */
  ofBroadcast(origin: BroadcastTrace | EngineDeliverEvent | undefined): Link[] {
    const known = contextOf(origin)
    return known === undefined ? none : [{ context: known }]
  }
}

function contextOf(message: object | undefined): SpanContext | undefined {
  const found = message && marksOn(message)[spanContext]
  return found !== undefined && isSpanContextValid(found) ? found : undefined
}
