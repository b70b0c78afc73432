import t from 'tap'
import { fanOut } from '../../bench/lib/fan-out.js'
import type { Room } from '../../bench/lib/room.js'

/** Three members who hear, each in a turn of its own, what `change` makes of the n-th shout. */
function room(change: (payload: string, shout: number) => string): Room {
  let onPayload: ((payload: unknown) => void) | undefined
  let onBytes: ((bytes: number) => void) | undefined
  let shouts = 0
  return {
    shout(payload) {
      const heard = change(payload, shouts++)
      for (let member = 0; member < 3; member++) {
        setImmediate(() => (onBytes ? onBytes(heard.length) : onPayload?.(JSON.parse(heard))))
      }
    },
    read(on) {
      onPayload = on
    },
    hear(on) {
      onBytes = on
    },
    bytesOf: (payload) => payload.length,
    async close() {}
  }
}

const size = { members: 3, bytes: 64 }

t.test('what all members heard as it was shouted counts', async (t) => {
  const load = await fanOut(
    room((payload) => payload),
    size
  )
  const { operations } = await load.run(1)
  t.ok(operations > 0 && operations % 3 === 0)
})

t.test('a room in which something else is heard is not measured', async (t) => {
  const changed = room((payload) => payload.replace('sixteen', 'fifteen'))
  await t.rejects(fanOut(changed, size), { message: 'a member heard something else than was shouted' })
})

t.test('a delivery of another size fails the load, in this round and in the next', async (t) => {
  const load = await fanOut(
    room((payload, shout) => (shout === 0 ? payload : '{}')),
    size
  )
  const message = 'a member heard 2 bytes and not 75'
  await t.rejects(load.run(1), { message })
  await t.rejects(load.run(1), { message })
})
