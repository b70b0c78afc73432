/** Socket.IO with its adapter for Redis, as its documentation has it. */
import { createClient } from '@redis/client'
import { createAdapter } from '@socket.io/redis-adapter'
import { Server } from 'socket.io'
import { runPublisher } from '../lib/publisher-program.js'

const publisher = createClient({ url: process.env.CLUSTER_URL ?? '' })
const subscriber = publisher.duplicate()
await Promise.all([publisher.connect(), subscriber.connect()])
const io = new Server({ adapter: createAdapter(publisher, subscriber) })
await runPublisher((text) => void io.to('room').emit('said', { text }))
