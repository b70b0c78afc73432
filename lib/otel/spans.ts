import type { TracingChannel } from 'node:diagnostics_channel'
import { context, type Span, trace } from '@opentelemetry/api'
import { diagnostics } from '../diagnostics/diagnostics.js'
import type { BroadcastTrace, Trace } from '../diagnostics/events.js'
import type { Listening } from '../diagnostics/listening.js'
import { presenceEvents } from '../protocol/constants.js'
import { Descriptions, type SpanDescription } from './descriptions.js'
import { Links, mark } from './links.js'
import type { ObservedServer } from './observed-server.js'
import { endSpan } from './outcome.js'
import { formatTraceparent } from './traceparent.js'
import type { TracerSource } from './tracer-source.js'

const running = Symbol('span')

/** A message while its span runs. */
interface Running extends Trace {
  [running]?: Span | undefined
}

export interface SpansOptions {
  readonly server: ObservedServer
  readonly tracers: TracerSource
  /** Whether they have whole topics. */
  readonly topics: boolean
}

/** Makes a span of each trace of one server, and has the code that is traced run within it. */
export class Spans {
  readonly #node: string
  readonly #tracers: TracerSource
  readonly #listening: Listening

  constructor({ server, tracers, topics }: SpansOptions, listening: Listening) {
    this.#node = server.node
    this.#tracers = tracers
    this.#listening = listening
    const links = new Links()
    const spans = new Descriptions(server, links, topics)
    const ofSocket = ({ socket }: { socket: { node: string } }): string => socket.node
    this.#make(
      diagnostics.connect,
      ({ node }) => node,
      (told) => spans.connect(told)
    )
    this.#make(diagnostics.join, ofSocket, (told) => spans.join(told))
    this.#make(diagnostics.handleIn, ofSocket, (told) => spans.handleIn(told))
    this.#make(diagnostics.handler, ofSocket, (told) => spans.handler(told))
    this.#make(diagnostics.hook, ofSocket, (told) => spans.hook(told))
    this.#make(
      diagnostics.broadcast,
      ({ node }) => node,
      (told) => (isPresenceDiff(told) ? undefined : spans.broadcast(told)),
      carry
    )
    listening.on(diagnostics.opened, ({ socket, connect }) => {
      if (socket.node === this.#node) links.opened(socket, connect)
    })
    listening.on(diagnostics.engineDeliver, (told) => {
      if (told.node === this.#node) links.delivered(told)
    })
  }

  #make<Message extends Trace & object>(
    channels: TracingChannel<unknown, Message>,
    nodeOf: (message: Message) => string,
    describe: (message: Message) => SpanDescription | undefined,
    begun: (message: Message, span: Span) => void = () => {}
  ): void {
    const begin = (message: Message & Running): void => {
      const { tracer } = this.#tracers
      // A server that has this twice has one span all the same.
      if (tracer === undefined || nodeOf(message) !== this.#node || message[running] !== undefined) return
      const description = describe(message)
      if (description === undefined) return
      const { name, parent, ...options } = description
      const span = tracer.startSpan(name, options, parent)
      message[running] = span
      mark(message, span)
      begun(message, span)
      const own = trace.setSpan(parent, span)
      const { within } = message
      message.within = (code) => context.with(own, within === undefined ? code : () => within(code))
    }
    this.#listening.onTrace(channels, begin, end)
  }
}

function end(message: Running): void {
  const span = message[running]
  if (span === undefined) return
  // Messages are kept by what refers to them, such as a channel to its join, and would keep the span.
  message[running] = undefined
  message.within = undefined
  endSpan(span, message)
}

/** A diff of presences, which nobody has broadcast. */
function isPresenceDiff({ isLocal, event }: BroadcastTrace): boolean {
  return isLocal && event === presenceEvents.diff
}

/** Other nodes get to know of the span. */
function carry(message: BroadcastTrace, span: Span): void {
  if (!message.isLocal) message.traceparent ??= formatTraceparent(span.spanContext())
}
