import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { guardedLogger, type Logger } from '../../lib/util/logger.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { unlookable } from '../fixtures/unlookable.js'

/** Looks at what it is given, as a logger that writes text does. */
class LookingLogger extends RecordingLogger {
  override error = (details: object, message: string): void => {
    const { err } = details as { err: unknown }
    if (err instanceof Error) throw new TypeError('not reached')
    this.lines.push({ level: 'error', details, message })
  }
}

t.test('what can be written is written as it is', async (t) => {
  const log = new RecordingLogger()
  const guarded = guardedLogger(log)
  const levels: (keyof Logger)[] = ['trace', 'debug', 'info', 'warn', 'error']
  for (const level of levels) guarded[level]({ level }, level)
  t.same(
    log.lines,
    levels.map((level) => ({ level, details: { level }, message: level }))
  )
})

t.test('a log that writes later, and fails then, does not end the process', async (t) => {
  const log = new RecordingLogger()
  log.error = async () => {
    throw new Error('unhandled')
  }
  t.doesNotThrow(() => guardedLogger(log).error({}, 'crashed'))
  await setImmediate()
})

t.test(
  'what throws when it is looked at does not throw out of the logger, and its line is kept',
  async (t) => {
    const log = new LookingLogger()
    t.doesNotThrow(() => guardedLogger(log).error({ err: unlookable }, 'crashed'))
    t.same(log.messages('error'), ['crashed'])
  }
)
