import { type HookCall, type HookCaller, webSocketCaller } from '../../lib/load/clients/hook-caller.js'
import { peerCaller } from '../../lib/load/clients/peer-caller.js'
import { enterUser, keepAlive, type UserPeerOptions, userTopic } from './clients.js'
import type { HookClient } from './closed-loop.js'
import { connectUserPeer } from './user-peer.js'

/** Every answer has to be right. */
type IsRight = (data: unknown) => boolean

/** Calls `demo.echo` over the user channel of a WebSocket. */
export function connectWebSocket(url: string, userId: string, value: string): Promise<HookClient> {
  return connectWebSocketTo(echo(value), (data) => data === value)(url, userId)
}

/** Calls `demo.echo` over the DataChannel `events` of a user's peer. */
export function connectDataChannel(
  url: string,
  userId: string,
  value: string,
  options: UserPeerOptions = {}
): Promise<HookClient> {
  return connectDataChannelTo(echo(value), (data) => data === value, options)(url, userId)
}

export function echo(value: unknown): HookCall {
  return { hookPlugin: 'demo', fn: 'echo', args: [value] }
}

/** Connects clients that call a hook over the user channel of a WebSocket. */
export function connectWebSocketTo(call: HookCall, isRight: IsRight) {
  return async (url: string, userId: string): Promise<HookClient> => {
    const connection = await enterUser(url, userId)
    const release = keepAlive([connection])
    return checked(webSocketCaller(connection, userTopic(userId), call), isRight, () => {
      release()
      return connection.close()
    })
  }
}

/** Connects clients that call a hook over the DataChannel `events` of a user's peer, in JSON. */
export function connectDataChannelTo(call: HookCall, isRight: IsRight, options: UserPeerOptions = {}) {
  return async (url: string, userId: string): Promise<HookClient> => {
    const peer = await connectUserPeer(url, userId, options)
    return checked(peerCaller(peer.connection, peer, call), isRight, () => peer.close())
  }
}

function checked(caller: HookCaller, isRight: IsRight, close: () => Promise<void>): HookClient {
  return {
    call(answered) {
      caller.call((failure, data) => {
        if (failure !== undefined) answered(new Error(`the hook answered: ${failure}`))
        else answered(isRight(data) ? undefined : new Error('the hook answered something else'))
      })
    },
    close
  }
}
