import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { root } from '../fixtures/root.js'

const module = new URL('dist/lib/transport/held-together.js', root).href

/** Runs code beside `goes` in a process of its own, and resolves to what it printed. */
async function printed(code: string): Promise<string> {
  const source = `import { goes } from ${JSON.stringify(module)}
    const holder = (name) => ({ letGo: () => process.stdout.write(name) })
    ${code}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return output
}

t.test('what is held is let go when the code that runs is through', async (t) => {
  t.equal(await printed(`goes.current; goes.add(holder('a')); process.stdout.write('b')`), 'ba')
})

t.test('it is let go as well where the process ends in the middle', async (t) => {
  t.equal(await printed(`goes.current; goes.add(holder('a')); process.exit()`), 'a')
  t.equal(
    await printed(`
      process.on('uncaughtException', () => process.exit())
      goes.current
      goes.add(holder('a'))
      throw new Error('the application ends')`),
    'a'
  )
})

t.test('one that throws holds up no other, and is heard of', async (t) => {
  const code = `
    process.on('uncaughtException', ({ message }) => process.stdout.write(message))
    goes.current
    goes.add({ letGo() { throw new Error('x') } })
    goes.add(holder('a'))
    goes.add(holder('b'))`
  t.equal(await printed(code), 'abx')
})
