import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)

/** Writes the URL of each module that is imported, from the thread in which Node 20 has its hooks. */
const hook = `
  import { writeSync } from 'node:fs'
  export async function load (url, context, next) {
    writeSync(1, url + '\\n')
    return next(url, context)
  }`

/** The files of packages that a server has loaded by its start; `code` has it set up. */
async function loadedBy(code: string): Promise<string[]> {
  const plugin = JSON.stringify(new URL('../../plugins/phoenix.js', import.meta.url))
  const program = `
    import { createRequire, register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
    const { default: phoenix, ...own } = await import(${plugin})
    const { default: fastify } = await import('fastify')
    const app = fastify()
    const { createJwtVerifier, defineHooks, userChannel } = own
    const connect = () => ({ userId: 'a' })
    ${code}
    await app.ready()
    for (const file of Object.keys(createRequire(${plugin}).cache)) console.log(file)
    await app.close()
    process.exit()`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    maxBuffer: 2 ** 24
  })
  return Array.from(stdout.matchAll(/.*\/node_modules\/(.+)/g), ([, file]) => file as string)
}

// A small part of fast-json-stringify belongs to Fastify's own answers.
const late =
  /^(ajv|ajv-formats|fast-json-stringify\/index|jose|protobufjs|@noble\/ciphers|node-datachannel)\b/

t.test('a server that needs none of it loads no compiler, no token library and no WebRTC', async (t) => {
  const loaded = await loadedBy(`
    const schemas = { add: { args: [{ type: 'number' }, { type: 'number' }], reply: { type: 'number' } } }
    const hooks = defineHooks('math', { add: (_call, a, b) => a + b }, { schemas })
    createJwtVerifier({ secret: 'x'.repeat(32), algorithms: ['HS256'] })
    app.register(phoenix, { connect, channels: { 'user:*': userChannel({ hooks: [hooks] }) }, webrtc: false })`)
  t.ok(
    loaded.some((file) => file.startsWith('ws/')),
    'what is loaded is seen'
  )
  t.same(
    loaded.filter((file) => late.test(file)),
    []
  )
})

t.test('what could fail is loaded at the start, where it is told', async (t) => {
  const loaded = await loadedBy(`
    defineHooks('math', { sum: (_call, list) => list.length }, { schemas: { sum: { args: [{ type: 'array' }] } } })
    app.register(phoenix, { connect, channels: {}, webrtc: {} })`)
  for (const name of ['ajv', 'node-datachannel']) {
    t.ok(
      loaded.some((file) => file.startsWith(`${name}/`)),
      name
    )
  }
})
