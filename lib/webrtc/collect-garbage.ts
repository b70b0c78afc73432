import { setImmediate as nextTurn } from 'node:timers/promises'

/** Bytes outside of the heap, which the collector counts, and how often they are asked for. */
const garbageBytes = 32 * 1024 * 1024
const maxRounds = 100
/** So many are kept at a time: what is dropped at once does not make the collector look at all of the heap. */
const kept = 8

/**
 * Has the garbage collector take what nothing references. Relies on the inspector of Node 20 to 26 and V8's command
 * `HeapProfiler.collectGarbage`, which need no flag; a Node built without them, or with permissions that forbid them,
 * gets so much garbage that the collector takes it by itself.
 *
 * @param isDone ends the slower way early
 */
export async function collectGarbage(isDone: () => boolean): Promise<void> {
  try {
    await askInspector()
  } catch {
    await makeGarbage(isDone)
  }
}

async function askInspector(): Promise<void> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connect()
  await new Promise<void>((resolve, reject) => {
    session.post('HeapProfiler.collectGarbage', (err) => {
      if (err === null) resolve()
      else reject(err)
    })
  })
  // Within the answer itself, the end of a session would wait for a lock that the answer holds.
  await nextTurn()
  session.disconnect()
}

/** Nothing is written to it, so that the system need not find the memory. */
async function makeGarbage(isDone: () => boolean): Promise<void> {
  let garbage: ArrayBuffer[] = []
  for (let round = 0; round < maxRounds && !isDone(); round++) {
    garbage = [...(garbage.length < kept ? garbage : []), new ArrayBuffer(garbageBytes)]
    await nextTurn()
  }
}
