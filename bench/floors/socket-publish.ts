/** The least that telling other processes can cost: lines of JSON on a Unix socket, those of one turn together. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { messageOf, runPublisher } from '../lib/publisher-program.js'

const socket = connect(process.env.CLUSTER_URL ?? '')
await once(socket, 'connect')
await runPublisher((text) => {
  if (socket.writableCorked === 0) {
    socket.cork()
    process.nextTick(() => socket.uncork())
  }
  socket.write(`${messageOf(text)}\n`)
})
