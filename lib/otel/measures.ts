import type { TracingChannel } from 'node:diagnostics_channel'
import type { Attributes, Histogram, Meter } from '@opentelemetry/api'
import { diagnostics, type EventChannel } from '../diagnostics/diagnostics.js'
import type { HookTrace, Trace } from '../diagnostics/events.js'
import type { Listening } from '../diagnostics/listening.js'
import { onTimed } from '../diagnostics/timed.js'
import { reasonLabel } from '../hooks/results.js'
import { attributes as names } from './attributes.js'
import { instrumentsOf } from './instruments.js'
import type { ObservedServer } from './observed-server.js'

/** Counts and times what one server tells. Names of topics, users and clients' events are on nothing of it. */
export class Measures {
  readonly #node: string
  readonly #listening: Listening

  constructor({ node }: ObservedServer, meter: Meter, listening: Listening) {
    this.#node = node
    this.#listening = listening
    const to = instrumentsOf(meter)
    const ofSocket = ({ socket }: { socket: { node: string } }): string => socket.node
    const ofNode = (message: { node: string }): string => message.node

    this.#time(diagnostics.connect, ofNode, to.connectDuration, ({ path, transport }) => ({
      [names.path]: path,
      [names.transport]: transport
    }))
    this.#time(
      diagnostics.join,
      ofSocket,
      to.joinDuration,
      ({ pattern }) => ({ [names.pattern]: pattern }),
      (told) => {
        if (told.result === 'ok') to.channels.add(1, { [names.pattern]: told.pattern })
      }
    )
    this.#time(diagnostics.handleIn, ofSocket, to.handleInDuration, ({ pattern }) => ({
      [names.pattern]: pattern
    }))
    this.#time(diagnostics.hook, ofSocket, to.hookDuration, hookAttributes)
    this.#time(
      diagnostics.broadcast,
      ofNode,
      to.broadcastDuration,
      () => ({}),
      ({ receivers }) => to.receivers.add(receivers)
    )

    this.#on(diagnostics.opened, ofSocket, ({ socket }) =>
      to.sockets.add(1, { [names.transport]: socket.transport })
    )
    this.#on(diagnostics.closed, ofSocket, ({ socket }) =>
      to.sockets.add(-1, { [names.transport]: socket.transport })
    )
    this.#on(diagnostics.left, ofSocket, ({ pattern }) => to.channels.add(-1, { [names.pattern]: pattern }))
    this.#on(diagnostics.recovery, ofSocket, ({ pattern, result }) =>
      to.recoveries.add(1, { [names.pattern]: pattern, [names.result]: result })
    )
    this.#on(diagnostics.refused, ofNode, ({ kind }) => to.refusals.add(1, { [names.kind]: kind }))
    this.#on(diagnostics.rateLimited, ofNode, ({ limit }) => to.rateLimited.add(1, { [names.limit]: limit }))
    this.#on(diagnostics.slowClient, ofSocket, ({ socket }) =>
      to.slowClients.add(1, { [names.transport]: socket.transport })
    )
    this.#on(diagnostics.mailboxFull, ofSocket, () => to.mailboxesFull.add(1))
    this.#on(diagnostics.peerState, ofSocket, ({ state, ageMs }) => {
      if (state === 'connecting') to.peers.add(1)
      else if (state === 'closed') to.peers.add(-1)
      else if (state === 'connected') to.peerOpenDuration.record(ageMs / 1000)
    })
    this.#on(diagnostics.peerFailed, ofSocket, ({ why }) => to.peerFailures.add(1, { [names.kind]: why }))
    this.#on(diagnostics.enginePublish, ofNode, ({ kind, taken }) =>
      (taken ? to.published : to.unpublished).add(1, { [names.kind]: kind })
    )
    this.#on(diagnostics.engineDeliver, ofNode, ({ kind }) => to.delivered.add(1, { [names.kind]: kind }))
  }

  #on<Message extends object>(
    channel: EventChannel<Message>,
    nodeOf: (message: Message) => string,
    listener: (message: Message) => void
  ): void {
    this.#listening.on(channel, (message) => {
      if (nodeOf(message) === this.#node) listener(message)
    })
  }

  #time<Message extends Trace & object>(
    channels: TracingChannel<unknown, Message>,
    nodeOf: (message: Message) => string,
    duration: Histogram,
    attributesOf: (message: Message) => Attributes,
    over: (message: Message) => void = () => {}
  ): void {
    onTimed(this.#listening, channels, (message, seconds) => {
      if (nodeOf(message) !== this.#node) return
      const attributes = attributesOf(message)
      attributes[names.result] ??= message.result
      duration.record(seconds, attributes)
      over(message)
    })
  }
}

/** Names that there are not are text of the client. */
function hookAttributes({ hookPlugin, fn, transport, isKnown, result = '' }: HookTrace): Attributes {
  const attributes: Attributes = {
    [names.transport]: transport,
    [names.result]: result === 'ok' ? result : reasonLabel(result)
  }
  if (isKnown) {
    attributes[names.plugin] = hookPlugin
    attributes[names.function] = fn
  }
  return attributes
}
