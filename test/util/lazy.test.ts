import t from 'tap'
import { lazy } from '../../lib/util/lazy.js'

t.test('what is lazy is made when it is first asked for, and once', async (t) => {
  let made = 0
  const one = lazy(() => ({ number: ++made }))
  t.equal(made, 0)
  t.equal(one(), one())
  t.equal(made, 1)
})

t.test('it may be undefined', async (t) => {
  let made = 0
  const none = lazy(() => void made++)
  none()
  none()
  t.equal(made, 1)
})

t.test('what could not be made is tried again', async (t) => {
  let tries = 0
  const late = lazy(() => {
    if (++tries === 1) throw new Error('not yet')
    return tries
  })
  t.throws(late, { message: 'not yet' })
  t.equal(late(), 2)
})
