/** Clients of `npm run bench:dashboard`, each in a room of ten; `rate` of them say something in each second. */
import { once } from 'node:events'
import { WebSocket } from 'ws'

const [base = '', from = '0', count = '0', rate = '0'] = process.argv.slice(2)
const sockets: WebSocket[] = []
const batch = 100

for (let begun = 0; begun < Number(count); begun += batch) {
  const opening = Array.from({ length: Math.min(batch, Number(count) - begun) }, async (_, index) => {
    const number = Number(from) + begun + index
    const url = `${base.replace('http', 'ws')}/bench/websocket?vsn=2.0.0&user_id=user-${number}`
    const ws = new WebSocket(url, { perMessageDeflate: false })
    ws.on('error', () => {})
    await once(ws, 'open')
    ws.send(JSON.stringify(['1', '1', `room:${Math.floor(number / 10)}`, 'phx_join', {}]))
    await once(ws, 'message')
    sockets.push(ws)
  })
  await Promise.all(opening)
}
let next = 0
if (Number(rate) > 0) {
  setInterval(() => {
    for (let i = 0; i < Number(rate) / 50; i++) {
      const at = next++ % sockets.length
      const topic = `room:${Math.floor((Number(from) + at) / 10)}`
      sockets[at]?.send(JSON.stringify(['1', '2', topic, 'shout', { text: 'hello' }]))
    }
  }, 20)
}
process.on('disconnect', () => process.exit())
process.send?.('ready')
