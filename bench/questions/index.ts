import type { Question } from '../lib/question.js'
import { broadcast } from './broadcast.js'
import { cluster } from './cluster.js'
import { growth } from './growth.js'
import { history } from './history.js'
import { hookDataChannel } from './hook-datachannel.js'
import { hookFormats } from './hook-formats.js'
import { hookWebSocket } from './hook-websocket.js'
import { joinStorm } from './join-storm.js'
import { longRun } from './long-run.js'
import { metrics } from './metrics.js'
import { once } from './once.js'
import { peerStorm } from './peer-storm.js'
import { presence } from './presence.js'
import { state } from './state.js'
import { tracing } from './tracing.js'

/** All questions, in the order in which they are asked and shown. */
export const questions: readonly Question[] = [
  hookWebSocket,
  hookDataChannel,
  hookFormats,
  once,
  broadcast,
  state,
  joinStorm,
  peerStorm,
  presence,
  growth,
  cluster,
  tracing,
  metrics,
  history,
  longRun
]
