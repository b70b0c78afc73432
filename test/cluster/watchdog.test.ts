import t from 'tap'
import { Watchdog } from '../../lib/cluster/watchdog.js'
import { FakeClock } from '../fixtures/fake-clock.js'

function start() {
  const clock = new FakeClock()
  const told: string[] = []
  let isHearing = true
  const dog: Watchdog = new Watchdog({
    clock,
    ping: () => isHearing && clock.setTimeout(() => dog.echo(), 5),
    deaf: () => told.push('deaf'),
    heard: () => told.push('heard')
  })
  return {
    clock,
    dog,
    told,
    deafen: () => {
      isHearing = false
    },
    heal: () => {
      isHearing = true
    }
  }
}

t.test('a node that hears itself is not deaf', async (t) => {
  const { clock, dog, told } = start()
  clock.advance(60_000)
  t.same(told, [])
  t.notOk(dog.isDeaf)
  dog.stop()
})

t.test(
  'a node that does not is within three and a half seconds, tries again and again, ever more slowly, and hears again',
  async (t) => {
    const { clock, dog, told, deafen, heal } = start()
    clock.advance(10_000)
    deafen()
    clock.advance(3_500)
    t.same(told, ['deaf'])
    t.ok(dog.isDeaf)
    clock.advance(30_000)
    const tries = told.length
    t.ok(tries >= 4 && tries <= 7, `${tries} tries`)
    heal()
    clock.advance(1_100)
    t.equal(told.at(-1), 'heard')
    t.notOk(dog.isDeaf)
    dog.stop()
    clock.advance(60_000)
    t.equal(told.at(-1), 'heard', 'one that was stopped says nothing')
  }
)
