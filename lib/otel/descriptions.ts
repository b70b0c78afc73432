import { type Attributes, type Context, context, type Link, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import type {
  BroadcastTrace,
  ConnectTrace,
  HandleInTrace,
  HandlerTrace,
  HookTrace,
  JoinTrace
} from '../diagnostics/events.js'
import { excerpt } from '../log/excerpt.js'
import { attributes as names } from './attributes.js'
import type { Links } from './links.js'
import type { ObservedServer } from './observed-server.js'
import { isWithinSpan, parentOfConnect, parentOfHook } from './parent.js'

/** A span that is about to begin. */
export interface SpanDescription {
  /** Few of them, whatever clients do. */
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  readonly links: Link[]
  readonly parent: Context
}

const system = 'phoenix'

/** What an application's code is called on behalf of others, and what on behalf of the server. */
const kinds: Readonly<Record<HandlerTrace['handler'], SpanKind>> = {
  handleOut: SpanKind.CONSUMER,
  handleInfo: SpanKind.CONSUMER,
  terminate: SpanKind.INTERNAL,
  onData: SpanKind.SERVER,
  after_user_joined: SpanKind.INTERNAL,
  after_user_left: SpanKind.INTERNAL
}

/** By which name spans have each of them: that of Phoenix, where it has one. */
export const handlerNames: Readonly<Record<HandlerTrace['handler'], string>> = {
  handleOut: 'handle_out',
  handleInfo: 'handle_info',
  terminate: 'terminate',
  onData: 'on_data',
  after_user_joined: 'after_user_joined',
  after_user_left: 'after_user_left'
}

/** Says what the spans of one server are like. Nothing of a payload, a token or a name of a user is on them. */
export class Descriptions {
  readonly #server: ObservedServer
  readonly #links: Links
  readonly #topics: boolean

  /** `topics` is whether whole topics are told. */
  constructor(server: ObservedServer, links: Links, topics: boolean) {
    this.#server = server
    this.#links = links
    this.#topics = topics
  }

  connect(told: ConnectTrace): SpanDescription {
    const { path, transport } = told
    const parent = parentOfConnect(told)
    return {
      name: `phoenix.connect ${path}`,
      kind: isWithinSpan(parent) ? SpanKind.INTERNAL : SpanKind.SERVER,
      attributes: { [names.path]: path, [names.transport]: transport },
      links: [],
      parent
    }
  }

  join({ socket, topic, pattern }: JoinTrace): SpanDescription {
    const attributes: Attributes = { [names.pattern]: pattern, [names.transport]: socket.transport }
    return {
      name: `phoenix.join ${pattern}`,
      kind: SpanKind.SERVER,
      attributes: this.#withTopic(attributes, topic),
      links: this.#links.ofSocket(socket),
      parent: ROOT_CONTEXT
    }
  }

  handleIn({ socket, topic, pattern, event, join }: HandleInTrace): SpanDescription {
    const attributes: Attributes = {
      [names.pattern]: pattern,
      [names.event]: excerpt(event),
      [names.transport]: socket.transport
    }
    return {
      name: `phoenix.handle_in ${pattern}`,
      kind: SpanKind.SERVER,
      attributes: this.#withTopic(attributes, topic),
      links: this.#links.ofChannel(socket, join),
      parent: ROOT_CONTEXT
    }
  }

  handler({ socket, topic, pattern, handler, name, join, origin }: HandlerTrace): SpanDescription {
    const operation = handlerNames[handler]
    const links = this.#links.ofChannel(socket, join)
    const attributes: Attributes = { [names.pattern]: pattern }
    if (handler === 'handleOut' || handler === 'handleInfo') {
      attributes[names.event] = name
      attributes[names.messagingSystem] = system
      attributes[names.operationName] = operation
      attributes[names.operationType] = 'process'
      attributes[names.destination] = pattern
    } else if (handler === 'onData') attributes[names.label] = name
    else if (name !== undefined) attributes[names.plugin] = name
    return {
      name: `phoenix.${operation} ${pattern}`,
      kind: kinds[handler],
      attributes: this.#withTopic(attributes, topic),
      links: origin === undefined ? links : [...links, ...this.#links.ofBroadcast(origin)],
      parent: ROOT_CONTEXT
    }
  }

  hook(told: HookTrace): SpanDescription {
    const { socket, topic, transport, hookPlugin, fn, isKnown, join } = told
    const parent = parentOfHook(told)
    const attributes: Attributes = { [names.rpcSystem]: system, [names.transport]: transport }
    // Names that there are not are text of the client.
    if (isKnown) {
      attributes[names.rpcMethod] = `${hookPlugin}.${fn}`
      attributes[names.plugin] = hookPlugin
      attributes[names.function] = fn
    }
    return {
      name: isKnown ? `phoenix.hook ${hookPlugin}.${fn}` : 'phoenix.hook',
      kind: isWithinSpan(parent) ? SpanKind.INTERNAL : SpanKind.SERVER,
      attributes: this.#withTopic(attributes, topic),
      links: this.#links.ofChannel(socket, join),
      parent
    }
  }

  broadcast({ topic, event, isLocal, receivers }: BroadcastTrace): SpanDescription {
    const pattern = this.#server.patternOf(topic)
    const attributes: Attributes = {
      [names.event]: event,
      [names.receivers]: receivers,
      [names.local]: isLocal,
      [names.messagingSystem]: system,
      [names.operationName]: 'broadcast',
      [names.operationType]: 'send'
    }
    if (pattern !== undefined) {
      attributes[names.pattern] = pattern
      attributes[names.destination] = pattern
    }
    return {
      name: pattern === undefined ? 'phoenix.broadcast' : `phoenix.broadcast ${pattern}`,
      kind: SpanKind.PRODUCER,
      attributes: this.#withTopic(attributes, topic),
      links: [],
      parent: context.active()
    }
  }

  #withTopic(attributes: Attributes, topic: string): Attributes {
    if (this.#topics) attributes[names.topic] = excerpt(topic)
    return attributes
  }
}
