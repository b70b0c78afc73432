import t from 'tap'
import type { OpenPeer } from '../../lib/load/clients/peer.js'
import { peerCaller } from '../../lib/load/clients/peer-caller.js'
import type { PhoenixConnection } from '../../lib/load/clients/phoenix-connection.js'
import { Reasons } from '../../lib/load/measure/reasons.js'

t.test('what a server gives as an error that is no text is counted as unknown', (t) => {
  let receive: (message: string) => void = () => {}
  const channel = {
    onMessage: (listener: typeof receive) => {
      receive = listener
    },
    onClosed: () => {},
    sendMessage: () => true
  }
  const caller = peerCaller({} as PhoenixConnection, { channel, close: () => {} } as unknown as OpenPeer, {
    hookPlugin: 'p',
    fn: 'f',
    args: []
  })
  const reasons = new Reasons()
  const errors = ['{"toString":1}', 'null', '5', '[]', '{}', '"timeout"']
  errors.forEach((error, index) => {
    caller.call((failure) => failure !== undefined && reasons.add(failure))
    receive(`{"type":"hook_error","id":${index + 1},"error":${error}}`)
  })
  t.same(reasons.toObject(), { unknown: 5, timeout: 1 })
  t.end()
})
