/**
 * The delay of the loss benchmark, on a host of its own between the two ends of a VXLAN tunnel:
 * `delay.js MS ADDRESS END ADDRESS END`. What comes in at an ADDRESS from its END goes to the END of the
 * other one, MS milliseconds later and in its order. Prints `ready`, and ends with its standard input.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { completeChecksum, tunnelPort } from './vxlan.js'

/** So that a burst does not get lost here, where nobody counts it. */
const bufferBytes = 4 * 1024 * 1024

interface Side {
  socket: Socket
  end: string
}

async function openSide(address: string, end: string): Promise<Side> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: bufferBytes })
  socket.bind(tunnelPort, address)
  await once(socket, 'listening')
  return { socket, end }
}

function handOn(from: Side, to: Side, delayMs: number): void {
  from.socket.on('message', (datagram) => {
    completeChecksum(datagram)
    setTimeout(() => to.socket.send(datagram, tunnelPort, to.end), delayMs)
  })
}

const [ms, ...ends] = process.argv.slice(2)
const [leftAddress = '', leftEnd = '', rightAddress = '', rightEnd = ''] = ends
const left = await openSide(leftAddress, leftEnd)
const right = await openSide(rightAddress, rightEnd)
handOn(left, right, Number(ms))
handOn(right, left, Number(ms))
process.stdin.resume().on('end', () => process.exit(0))
process.stdout.write('ready\n')
