import type { Timer } from '../time/clock.js'

/** What a poll is answered with: messages, or none within the window. */
export type PollAnswer = readonly string[]

/** How the answer to a poll gets along. */
export interface AnswerWatch {
  /** Whether it was lost on its way to the client, as far as that is known by now. */
  isLost(): boolean
  /** Where that has to be asked for: resolves when it is known as far as it will be; undefined where it is. */
  decided?(): Promise<void> | undefined
  /** Whether any of it has left since this was asked last: as long as it does, the client is there. */
  hasMoved(): boolean
}

/** A poll that is answered when there is something, or when its window is over. */
export interface WaitingPoll {
  readonly answer: (messages: PollAnswer) => void
  readonly watch: AnswerWatch
  readonly timer: Timer
}
