import type { Question } from '../lib/question.js'
import { broadcast } from './broadcast.js'
import { growth } from './growth.js'
import { hookDataChannel } from './hook-datachannel.js'
import { hookWebSocket } from './hook-websocket.js'
import { joinStorm } from './join-storm.js'
import { longRun } from './long-run.js'
import { presence } from './presence.js'

/** All questions, in the order in which they are asked and shown. */
export const questions: readonly Question[] = [
  hookWebSocket,
  hookDataChannel,
  broadcast,
  joinStorm,
  presence,
  growth,
  longRun
]
