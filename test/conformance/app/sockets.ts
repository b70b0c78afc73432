import {
  type Assigns,
  type ConnectInfo,
  type Params,
  type Refusal,
  refuse
} from '../../../plugins/phoenix.js'

export interface SocketAssigns {
  user_id: string | null
  params: Params
  connect_info: ConnectInfo
}

type Decision = SocketAssigns | Refusal | null

function accept(userId: string | null, params: Params, info: ConnectInfo): SocketAssigns {
  return { user_id: userId, params, connect_info: info }
}

/** The socket Main. */
export function connectMain(params: Params, info: ConnectInfo): Decision {
  const { reject, user_id: userId } = params
  if (reject === 'error') return null
  if (reject === 'rate_limit' || reject === 'other') return refuse(reject)
  if (reject === 'raise') throw new Error('connect raises')
  return accept(typeof userId === 'string' ? userId : null, params, info)
}

/** The socket Auth. */
export function connectAuth(params: Params, info: ConnectInfo): Decision {
  const token = info.authToken ?? null
  if (token?.startsWith('user-')) return accept(token.slice('user-'.length), params, info)
  return token === null && params.anonymous === 'true' ? accept(null, params, info) : null
}

export function socketId({ assigns }: { assigns: Assigns }): string | null {
  return assigns.user_id === null ? null : `user:${assigns.user_id}`
}
