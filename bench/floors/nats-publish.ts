/** The least that publishing through NATS can cost: the client library by itself, and JSON. */
import { connect } from '@nats-io/transport-node'
import { messageOf, runPublisher } from '../lib/publisher-program.js'

const connection = await connect({ servers: process.env.CLUSTER_URL ?? '' })
await runPublisher((text) => connection.publish('room.bench', messageOf(text)))
