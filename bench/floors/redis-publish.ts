/** The least that publishing through Redis can cost: the client library by itself, without a timer for each command, and JSON. */
import { createClient } from '@redis/client'
import { messageOf, runPublisher } from '../lib/publisher-program.js'

const client = createClient({ url: process.env.CLUSTER_URL ?? '', commandOptions: { timeout: 0 } })
await client.connect()
await runPublisher((text) => void client.publish('room:bench', messageOf(text)))
