import { Session } from 'node:inspector'
import t, { type Test } from 'tap'
import { collectGarbage } from '../../lib/webrtc/collect-garbage.js'
import { replace } from '../fixtures/without.js'

/** Garbage, and whether it was collected; who looks at a WeakRef keeps what is behind it for the turn. */
function makeGarbage(): () => boolean {
  let isCollected = false
  const registry = new FinalizationRegistry(() => {
    isCollected = true
  })
  registry.register({ of: new Array(100).fill('garbage') }, undefined)
  return () => registry instanceof FinalizationRegistry && isCollected
}

/** The commands that the inspector has got. */
function watchInspector(t: Test): unknown[] {
  const { post } = Session.prototype
  const commands: unknown[] = []
  replace(t, Session.prototype, 'post', function (this: Session, ...args: never[]) {
    commands.push(args[0])
    return Reflect.apply(post, this, args)
  })
  return commands
}

t.test('the inspector of this Node collects garbage', async (t) => {
  const commands = watchInspector(t)
  const isCollected = makeGarbage()
  let asked = 0
  await collectGarbage(() => {
    asked++
    return true
  })
  // Told in a turn of its own.
  await new Promise(setImmediate)
  t.ok(isCollected())
  t.same(commands, ['HeapProfiler.collectGarbage'])
  t.equal(asked, 0, 'it did not come to the slower way')
})

const refuse = (): never => {
  throw new Error('not permitted')
}
for (const [name, method] of [
  ['the inspector is not there', 'connect'],
  ['it knows no such command', 'post']
] as const) {
  t.test(`where ${name}, garbage is collected all the same`, async (t) => {
    replace(
      t,
      Session.prototype,
      method,
      method === 'connect'
        ? refuse
        : (_command: string, answer: (err: Error) => void) => answer(new Error('not found'))
    )
    const isCollected = makeGarbage()
    await collectGarbage(isCollected)
    t.ok(isCollected())
  })
}

t.test('the slower way ends, too, where nothing is to be collected', async (t) => {
  replace(t, Session.prototype, 'connect', refuse)
  let asked = 0
  await collectGarbage(() => {
    asked++
    return false
  })
  t.ok(asked > 1)
})
