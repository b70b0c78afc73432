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

/** The files of packages that a program has loaded, which has the plugin. */
async function loadedBy(code: string): Promise<string[]> {
  const plugin = JSON.stringify(new URL('../../plugins/phoenix.js', import.meta.url))
  const program = `
    import { createRequire, register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
    const { default: phoenix, createJwtVerifier, defineHooks, userChannel } = await import(${plugin})
    const serve = async (options) => {
      const { default: fastify } = await import('fastify')
      const app = fastify()
      await app.register(phoenix, { connect: () => ({ userId: 'a' }), ...options })
      await app.ready()
    }
    ${code}
    for (const file of Object.keys(createRequire(${plugin}).cache)) console.log(file)
    process.exit()`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    maxBuffer: 2 ** 24
  })
  return Array.from(stdout.matchAll(/.*\/node_modules\/(.+)/g), ([, file]) => file as string)
}

t.test('a server that needs none of it yet loads no token library, no protobuf and no WebRTC', async (t) => {
  const loaded = await loadedBy(`
    await serve({ channels: { 'user:*': userChannel() }, webrtc: {} })`)
  const isLoaded = (name: string): boolean => loaded.some((file) => file.startsWith(`${name}/`))
  t.ok(isLoaded('ws'), 'what is loaded is seen')
  for (const name of ['jose', 'protobufjs', '@noble/ciphers', 'node-datachannel'])
    t.notOk(isLoaded(name), name)
})

t.test('who verifies tokens has the library ahead of the first client', async (t) => {
  const loaded = await loadedBy(`
    createJwtVerifier({ secret: 'x'.repeat(32), algorithms: ['HS256'] })
    await serve({ channels: { 'user:*': userChannel() }, webrtc: false })`)
  t.ok(loaded.some((file) => file.startsWith('jose/')))
})

// An application of Fastify has the compilers as well, and loads them when it is made: here is none yet.
const compilers = /^(ajv\/|ajv-formats\/|fast-json-stringify\/index)/

t.test('schemas of one type need no compiler', async (t) => {
  const loaded = await loadedBy(`
    const schemas = { add: { args: [{ type: 'number' }, { type: 'number' }], reply: { type: 'number' } } }
    defineHooks('math', { add: (_call, a, b) => a + b }, { schemas })`)
  t.same(
    loaded.filter((file) => compilers.test(file)),
    []
  )
})

t.test('what schemas could fail by is loaded at the start, where it is told', async (t) => {
  const loaded = await loadedBy(`
    defineHooks('math', { sum: (_call, list) => list.length }, { schemas: { sum: { args: [{ type: 'array' }] } } })
    await serve({ channels: { 'user:*': userChannel() }, webrtc: false })`)
  t.ok(loaded.some((file) => file.startsWith('ajv/')))
})
