import t from 'tap'
import { bearerOf, SignIn } from '../../lib/dashboard/sign-in.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const hourMs = 60 * 60_000

function sessionOf(signIn: SignIn): string {
  return `${signIn.cookie('/dashboard', true).split(';')[0]}`
}

t.test('a session ends after twelve hours', async (t) => {
  const clock = new FakeClock()
  const signIn = new SignIn('the token', clock)
  const cookie = sessionOf(signIn)
  t.equal(signIn.endOf(`other=1; ${cookie}`), clock.date() + 12 * hourMs)
  clock.advance(12 * hourMs - 1)
  t.ok(signIn.endOf(cookie))
  clock.advance(1)
  t.equal(signIn.endOf(cookie), undefined)
})

t.test('a session is of all servers with the token, and of no other', async (t) => {
  const clock = new FakeClock()
  const cookie = sessionOf(new SignIn('the token', clock))
  t.ok(new SignIn('the token', clock).endOf(cookie))
  t.equal(new SignIn('the next token', clock).endOf(cookie), undefined)
})

t.test('a session cannot be made up or made longer', async (t) => {
  const clock = new FakeClock()
  const signIn = new SignIn('the token', clock)
  const cookie = sessionOf(signIn)
  const later = cookie.replace(/=\d/, '=9')
  for (const made of [
    later,
    `${cookie}x`,
    cookie.slice(0, -1),
    'phx_dashboard=',
    'phx_dashboard=the token',
    ''
  ]) {
    t.equal(signIn.endOf(made), undefined, made)
  }
  t.equal(signIn.endOf(undefined), undefined)
  t.ok(signIn.endOf(`${later}; ${cookie}`), 'one of another path may stand ahead')
})

t.test('who has waited may try again', async (t) => {
  const clock = new FakeClock()
  const signIn = new SignIn('the token', clock)
  for (let i = 0; i < 10; i++) t.equal(signIn.try('wrong', '192.0.2.1'), 'wrong')
  t.equal(signIn.try('the token', '192.0.2.1'), 'too_many')
  t.equal(signIn.try('the token', '192.0.2.2'), 'ok', 'from elsewhere')
  clock.advance(60_000)
  t.equal(signIn.try('the token', '192.0.2.1'), 'ok')
})

t.test('the token of a header', async (t) => {
  t.equal(bearerOf('Bearer a b'), 'a b')
  t.equal(bearerOf('bearer  x '), 'x')
  for (const none of [undefined, '', 'Bearer', 'Bearer ', 'Basic x']) t.equal(bearerOf(none), undefined)
})

t.test('the header of a token costs no more than its length', async (t) => {
  t.equal(bearerOf('Bearer two words  '), 'two words')
  // Where it cost the square of that, the test would not end.
  t.ok(bearerOf(`Bearer a${' '.repeat(5_000_000)}b`))
})
