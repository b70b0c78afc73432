import { InvalidOption } from '../../errors.js'

/** The environment variable in which a worker finds its number. */
export const workerNumberVariable = 'FASTIFY_PHOENIX_WORKER'

/**
 * The number of this worker, from 0: what it adds to a port that processes cannot share, as `webrtc.udpPort`. No two
 * that run have the same. While workers are replaced there is one more of them. 0 where nobody supervises.
 */
export function workerNumber(): number {
  return Number(process.env[workerNumberVariable] ?? 0)
}

/**
 * This worker's part of a range of ports, as for `webrtc.portRange`: disjoint from those of all others.
 *
 * @param workers How many workers there are at most; the range is cut into one part more, for their replacement.
 * @throws PHX_ERR_OPTION_INVALID for a range that has fewer ports than parts.
 */
export function partOfRange(
  [first, last]: readonly [number, number],
  workers: number,
  number: number = workerNumber()
): [number, number] {
  const size = Math.floor((last - first + 1) / (workers + 1))
  if (size < 1)
    throw new InvalidOption('portRange', `has fewer ports than ${workers} workers and a replacement need`)
  const begin = first + number * size
  return [begin, begin + size - 1]
}
