import { type ConnectInfo, defineChannel, type Reply } from '../../../plugins/phoenix.js'
import { fields, text } from './payloads.js'
import type { SocketAssigns } from './sockets.js'

/** The names that the cases, written for Phoenix, have for the parts of the connect info. */
function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  const pairs: [string, string][] = value
  return [...pairs].sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function entry(info: ConnectInfo, name: string): unknown {
  const found = Object.entries(info).find(([key]) => snakeCase(key) === name)
  return sorted(found?.[1])
}

const ok = (response: object): Reply => ({ status: 'ok', response })

/** The Info channel. */
export const info = defineChannel<SocketAssigns>({
  join: () => ({ status: 'ok' }),
  handleIn: {
    params: (_payload, { assigns }) => ok(assigns.params),
    socket: (_payload, { socket, topic, joined }) =>
      ok({ id: socket.id, topic, transport: socket.transport, joined }),
    connect_info_keys: (_payload, { assigns }) =>
      ok({ keys: Object.keys(assigns.connect_info).map(snakeCase).sort(compare) }),
    connect_info(payload, { assigns }) {
      const key = text(fields(payload, 'key').key)
      return ok({ [key]: entry(assigns.connect_info, key) })
    }
  }
})
