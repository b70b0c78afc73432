import t from 'tap'
import { isReservedEvent } from '../../plugins/phoenix.js'

t.test(
  'events of the protocol and of Presence are reserved, others that look like them are not',
  async (t) => {
    for (const event of [
      'phx_close',
      'phx_',
      'phx_x',
      'chan_reply_1',
      'chan_reply_',
      'presence_state',
      'presence_diff'
    ]) {
      t.ok(isReservedEvent(event), event)
    }
    for (const event of [
      'phx',
      'PHX_close',
      'chan_reply',
      'presence',
      'presence_state2',
      'say',
      '',
      'constructor',
      null,
      1
    ]) {
      t.notOk(isReservedEvent(event), String(event))
    }
  }
)
