import { fromBase64, isLarger, newKey } from './bytes.js'
import { type CallOptions, CallTable, type PendingCall } from './call-table.js'
import { ChannelLink, type PushStatus } from './channel-link.js'
import type { HookClientOptions } from './client-options.js'
import { systemClock } from './clock.js'
import { jsonCodec, type RpcCodec } from './codec.js'
import { detach } from './detach.js'
import { Emitter } from './emitter.js'
import type { HookClientEvents, HookTransport, PeerState } from './events.js'
import { type ClientReason, HookError } from './hook-error.js'
import { own } from './owner.js'
import { defaultReopenAfterMs, PeerKeeper } from './peer-keeper.js'
import { type PhoenixChannel, peerEvents, rpcLabel } from './phoenix.js'
import { isReadable, isReadableJson } from './readable.js'
import { browserPeerConnection } from './rtc.js'
import type { AnyHooks, HookArgs, HookDefinitions, HookNames, HookReply } from './types.js'

/** Calls hooks over a DataChannel, and over the user's channel while there is none: see {@link createHookClient}. */
export class HookClient<Hooks extends HookDefinitions = AnyHooks> {
  readonly #events = new Emitter<HookClientEvents>()
  readonly #link: ChannelLink
  readonly #keeper: PeerKeeper
  readonly #calls: CallTable
  readonly #codec: RpcCodec
  readonly #timeoutMs: number
  readonly #maxBytes: number
  readonly #giveUp: () => void
  #transport: HookTransport = 'none'
  /** The server reads no more calls of this join. */
  #isDrained = false
  /** Why calls are refused, once it is closed. */
  #closed: ClientReason | undefined

  constructor(
    channel: PhoenixChannel,
    {
      createPeer = browserPeerConnection(),
      iceServers,
      codec = jsonCodec,
      dataChannels = {},
      timeoutMs = 15_000,
      openTimeoutMs = 15_000,
      reopenAfterMs = defaultReopenAfterMs,
      maxMessageBytes = 65_536,
      clock = systemClock
    }: HookClientOptions
  ) {
    // It would open, and close with its first message, which nobody hears of.
    for (const label in dataChannels)
      if (dataChannels[label]?.negotiated) throw new TypeError(`${label}: negotiated is not supported`)
    detach(this)
    this.#giveUp = own(channel, () => {
      this.#events.emit('failure', 'client_replaced')
      this.#close('client_replaced')
    })
    this.#codec = codec
    this.#timeoutMs = timeoutMs
    this.#maxBytes = maxMessageBytes
    this.#link = new ChannelLink(channel, {
      onJoined: () => this.#joined(),
      onLost: () => this.#keeper.leave(),
      onClosed: () => this.close()
    })
    this.#calls = new CallTable(clock, (push) => this.#link.cancel(push))
    this.#keeper = new PeerKeeper({
      clock,
      createPeer,
      iceServers,
      openTimeoutMs,
      reopenAfterMs,
      link: this.#link,
      dataChannels: { ...dataChannels, [rpcLabel]: codec.protocol ? { protocol: codec.protocol } : {} },
      events: this.#events,
      onChange: () => this.#look(),
      onDown: () => this.#down(),
      onMessage: (label, data) => this.#receive(label, data)
    })
    this.#link.on(peerEvents.data, (payload) => this.#receiveData(payload))
    this.#link.on('hooks_drained', (payload) => this.#drained(payload))
    this.#link.start()
  }

  /** Of the peer. */
  get state(): PeerState {
    return this.#keeper.state
  }

  get transport(): HookTransport {
    return this.#transport
  }

  /** Adds a listener; returns the function that removes it. */
  on<Name extends keyof HookClientEvents>(
    name: Name,
    listener: (...args: HookClientEvents[Name]) => unknown
  ): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Calls a hook and resolves with what it answers. Rejects with a {@link HookError} whose `reason` is
   * the server's word, or one of the client's own ({@link ClientReason}). Never throws.
   *
   * @param plugin the name that the hooks were defined with
   * @param args as JSON can hold them: a `Date` arrives as a string, `undefined` as null
   */
  call<Name extends Hooks['name'], Fn extends HookNames<Hooks, Name>>(
    plugin: Name,
    fn: Fn,
    ...args: HookArgs<Hooks, Name, Fn>
  ): Promise<HookReply<Hooks, Name, Fn>> {
    return this.callWith({}, plugin, fn, ...args)
  }

  /** The same with options for this call: a time-out, an AbortSignal, whether it may be made twice, or must not. */
  callWith<Name extends Hooks['name'], Fn extends HookNames<Hooks, Name>>(
    options: CallOptions,
    plugin: Name,
    fn: Fn,
    ...args: HookArgs<Hooks, Name, Fn>
  ): Promise<HookReply<Hooks, Name, Fn>> {
    // What the server answers is trusted to be of the type that its hooks have, and of nothing else.
    return this.#call(options, plugin, fn, args) as Promise<HookReply<Hooks, Name, Fn>>
  }

  /**
   * Sends data to the application (`onData` of the user channel): on the open DataChannel of that
   * label, or else text over the channel (`webrtc:send`). Returns whether it was sent: not while the
   * channel is not joined, not bytes without a DataChannel, and nothing larger than `maxMessageBytes` or with
   * half a surrogate pair.
   *
   * @throws TypeError for the label `events`, which calls travel on
   */
  send(label: string, data: string | Uint8Array): boolean {
    if (label === rpcLabel) throw new TypeError('events is the label of hook calls')
    if (isLarger(data, this.#maxBytes)) return false
    if (!isReadable([label, typeof data === 'string' && data])) return false
    if (this.#keeper.isOpen(label)) return this.#keeper.send(label, data)
    if (typeof data !== 'string' || !this.#link.joined) return false
    this.#link.push(peerEvents.send, { channel: label, data })
    return true
  }

  /** Opens another peer now: when the network has changed, before anybody notices. */
  reopen(): void {
    if (this.#link.joined) this.#keeper.open()
  }

  /**
   * Closes the peer and rejects the calls in flight with `client_closed`. The channel goes on. Leaving
   * the channel closes the client, too. May be called again.
   */
  close(): void {
    this.#close('client_closed')
  }

  #close(reason: ClientReason): void {
    if (this.#closed) return
    this.#closed = reason
    this.#giveUp()
    this.#calls.failAll(reason)
    this.#keeper.close()
    this.#link.close()
    this.#look()
  }

  // Throws nothing at its caller, not even where there are no random numbers.
  async #call(options: CallOptions, plugin: string, fn: string, args: readonly unknown[]): Promise<unknown> {
    const { signal, timeoutMs = this.#timeoutMs, once } = options
    const key = once === true ? newKey() : once === false ? undefined : once
    const idempotent = key !== undefined || options.idempotent
    const refuse = (...[reason, cause]: Parameters<PendingCall['fail']>) =>
      Promise.reject(new HookError(reason, plugin, fn, cause, key))
    if (this.#closed) return refuse(this.#closed)
    // Of a page without types that has lost its key: an ordinary call could run twice.
    if (key !== undefined && (typeof key !== 'string' || !isReadable(key))) return refuse('invalid_key')
    if (signal?.aborted) throw signal.reason
    let json: string
    try {
      json = JSON.stringify(args)
      if (isLarger(json, this.#maxBytes)) return refuse('args_too_large')
      if (!isReadable(plugin + fn) || !isReadableJson(json)) return refuse('args_not_json_encodable')
    } catch (err) {
      return refuse('args_not_json_encodable', err)
    }
    return this.#calls.run({ plugin, fn, json, key }, { signal, timeoutMs, idempotent }, (call) =>
      this.#dispatch(call)
    )
  }

  #dispatch(call: PendingCall): void {
    call.carrier = undefined
    if (this.#isDrained) return
    if (!call.isLarge && this.#keeper.isOpen(rpcLabel)) {
      let message: string | Uint8Array
      try {
        message = this.#codec.encode(call)
      } catch (err) {
        call.fail('invalid_args', err)
        return
      }
      // The server drops what is larger without a word; over the channel there is one.
      if (!isLarger(message, this.#maxBytes) && this.#keeper.send(rpcLabel, message)) {
        call.carrier = 'datachannel'
        return
      }
    }
    if (!this.#link.joined) return
    const { plugin, fn, json, key, timeoutMs } = call
    call.carrier = this.#link.push(
      'call_hook',
      // As the arguments were when the call was made.
      { plugin, fn, args: JSON.parse(json), key },
      (status, response) => this.#replied(call, status, response),
      timeoutMs
    )
  }

  #replied(call: PendingCall, status: PushStatus, response: unknown): void {
    call.carrier = undefined
    const reply = Object(response) as Record<string, unknown>
    if (status === 'ok') 'data' in reply ? call.resolve(reply.data) : call.fail('invalid_reply')
    else if (status === 'error')
      this.#refused(call, typeof reply.error === 'string' ? reply.error : 'invalid_reply')
    else if (status === 'timeout') call.fail('call_timeout')
    else if (status !== 'unread') this.#calls.lost(call, status === 'refused')
  }

  #receive(label: string, message: string | Uint8Array): void {
    const reply = label === rpcLabel ? this.#codec.decode(message, (id) => this.#calls.find(id)) : undefined
    if (reply === undefined) {
      this.#events.emit('data', label, message)
      return
    }
    // An answer that nobody waits for any more is none.
    const call = this.#calls.find(reply.id)
    if (call === undefined) return
    if ('error' in reply) {
      const { error } = reply
      if (error !== 'result_too_large' || call.key === undefined || call.isLarge) this.#refused(call, error)
      else {
        // It ran, and what it gave has room on the channel.
        call.isLarge = true
        this.#dispatch(call)
      }
    } else call.resolve(reply.data)
    this.#rest()
  }

  #refused(call: PendingCall, reason: string): void {
    this.#calls.refused(call, reason, (again) => this.#dispatch(again))
  }

  #receiveData(payload: unknown): void {
    const { channel, data, encoding } = Object(payload) as Record<string, unknown>
    if (typeof channel !== 'string' || typeof data !== 'string') return
    const received = encoding === 'base64' ? fromBase64(data) : data
    if (received !== undefined) this.#receive(channel, received)
  }

  /** What has no answer by now was never read: it waits for the next join. */
  #drained(payload: unknown): void {
    this.#isDrained = true
    for (const call of this.#calls.unread(Object(payload).last_call)) {
      const { carrier } = call
      call.carrier = undefined
      if (typeof carrier === 'object') this.#link.cancel(carrier)
    }
    this.#rest()
  }

  /** A server that is drained waits until its last answer on the DataChannel is here. */
  #rest(): void {
    if (this.#isDrained && !this.#calls.on('datachannel')[0]) this.#keeper.finish()
  }

  #joined(): void {
    this.#isDrained = false
    this.#look()
    this.#keeper.open()
    for (const call of this.#calls.on(undefined)) this.#dispatch(call)
  }

  #down(): void {
    this.#look()
    for (const call of this.#calls.on('datachannel')) {
      this.#calls.lost(call, false)
      if (call.wasSent) this.#dispatch(call)
    }
  }

  #look(): void {
    const { joined } = this.#link
    const now = this.#keeper.isOpen(rpcLabel) ? 'datachannel' : joined && !this.#closed ? 'channel' : 'none'
    if (now === this.#transport) return
    this.#transport = now
    this.#events.emit('transport', now)
  }
}
