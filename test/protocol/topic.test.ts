import t from 'tap'
import { patternProblem, TopicRouter } from '../../lib/protocol/topic.js'

function router(...patterns: string[]): TopicRouter<string> {
  const routes = new TopicRouter<string>()
  for (const pattern of patterns) routes.add(pattern, pattern)
  return routes
}

t.test('a pattern without a star matches its own topic alone', async (t) => {
  const routes = router('lobby')
  t.equal(routes.match('lobby')?.target, 'lobby')
  for (const other of ['lobb', 'lobby:1', 'Lobby', '', ' lobby'])
    t.equal(routes.match(other)?.target, undefined)
})

t.test('a pattern with a star matches every topic that starts with what is before it', async (t) => {
  const routes = router('room:*')
  for (const topic of ['room:', 'room:1', 'room:a:b', 'room:*'])
    t.equal(routes.match(topic)?.target, 'room:*')
  for (const topic of ['room', 'rooms:1', 'xroom:1']) t.equal(routes.match(topic)?.target, undefined)
})

t.test('a star alone matches everything', async (t) => {
  const routes = router('*')
  for (const topic of ['', 'a', 'a:b']) t.equal(routes.match(topic)?.target, '*')
})

t.test('the first pattern that matches wins', async (t) => {
  t.equal(router('room:*', 'room:vip').match('room:vip')?.target, 'room:*')
  t.equal(router('room:vip', 'room:*').match('room:vip')?.target, 'room:vip')
})

t.test('a topic that is no text matches nothing', async (t) => {
  const routes = router('*')
  for (const topic of [null, 1, true]) t.equal(routes.match(topic)?.target, undefined)
})

t.test('names that objects inherit are topics like any other', async (t) => {
  const routes = router('room:*')
  for (const topic of ['__proto__', 'constructor', 'toString'])
    t.equal(routes.match(topic)?.target, undefined)
  t.equal(router('__proto__').match('__proto__')?.target, '__proto__')
})

t.test('a pattern may have a star as its last character alone', async (t) => {
  for (const pattern of ['a', 'a:*', '*', 'a b']) t.equal(patternProblem(pattern), undefined)
  for (const pattern of ['', 'a:*:b', '*a', 'a**']) t.type(patternProblem(pattern), 'string')
})
