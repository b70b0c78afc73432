import type { Clock, Timer } from '../time/clock.js'
import type { TerminateReason } from './channel.js'
import type { ChannelServer } from './channel-server.js'
import { duplicateJoin } from './results.js'

/** As long a channel may take to end for which its client joins again, in milliseconds; as in Phoenix. */
const replaceMs = 5000

/**
 * The end of a channel that traps exits and has something to do when its client joins its topic again: it handles
 * what has come for it, and terminates, before the new join begins.
 */
export class Replacement {
  readonly channel: ChannelServer
  #ended: (reason: TerminateReason) => void = () => {}

  constructor(channel: ChannelServer) {
    this.channel = channel
  }

  /** The channel has ended; its `terminate` may still run. */
  ended(reason: TerminateReason): void {
    this.#ended(reason)
  }

  /** Resolves to why the channel has ended, once it is through; it is killed when that takes too long. */
  async run(clock: Clock): Promise<TerminateReason> {
    const { channel } = this
    let timer: Timer | undefined
    const late = new Promise<TerminateReason>((resolve) => {
      timer = clock.setTimeout(() => {
        channel.kill()
        resolve(duplicateJoin)
      }, replaceMs)
    })
    const ended = new Promise<TerminateReason>((resolve) => {
      this.#ended = resolve
    })
    channel.finish(duplicateJoin)
    const reason = await Promise.race([ended, late])
    await Promise.race([channel.terminated, late])
    if (timer !== undefined) clock.clearTimeout(timer)
    return reason
  }
}
