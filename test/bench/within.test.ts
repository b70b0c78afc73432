import t from 'tap'
import { within } from '../../bench/lib/within.js'

t.test(
  'what never comes is waited for no longer than it is told, and keeps the process until then',
  async (t) => {
    t.equal(await within(1, new Promise<void>(() => {})), false)
  }
)

t.test('what comes is not waited for any longer', async (t) => {
  t.equal(await within(2 ** 31 - 1, Promise.resolve()), true)
  t.equal(await within(2 ** 31 - 1, undefined), true)
})

t.test('what fails fails', async (t) => {
  await t.rejects(within(2 ** 31 - 1, Promise.reject(new Error('broken'))), { message: 'broken' })
})
