/**
 * Users with peers that do nothing, in a process of their own: beside the clients that call they would make those
 * slower, as they do a server. Started with the URL of the mount and how many; ends with whoever started it.
 */
import { once } from 'node:events'
import { inParallel } from './lib/parallel.js'
import { connectUserPeer } from './lib/user-peer.js'

const connectsAtOnce = 20

const [url = '', count = ''] = process.argv.slice(2)
// What nothing refers to is collected, and closed by that.
const peers = await inParallel(Number(count), (n) => connectUserPeer(url, `idle${n}`), connectsAtOnce)
process.send?.(peers.length)
await once(process, 'disconnect')
process.exit(0)
