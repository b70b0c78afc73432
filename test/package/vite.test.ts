import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { build } from 'vite'
import { runUntil, startServer } from '../fixtures/consumer-process.js'
import { installPacked } from '../fixtures/packed.js'
import { examples, javaScript } from '../fixtures/readme.js'

const { folder } = installPacked(t, ['fastify', 'phoenix'])

t.test('the clients of README, built with Vite, call the server of README', async (t) => {
  const page = join(folder, 'page')
  mkdirSync(page)
  writeFileSync(join(page, 'index.html'), '<script type="module" src="./main.ts"></script>')
  writeFileSync(join(page, 'main.ts'), "import './client.js'\nimport './hooks-client.js'\n")
  for (const name of ['client.ts', 'hooks-client.ts'] as const)
    writeFileSync(join(page, name), examples[name].code)
  await build({
    root: page,
    configFile: false,
    logLevel: 'error',
    // It looks for the document, which is not there where this is run.
    build: { modulePreload: { polyfill: false } }
  })
  const assets = join(page, 'dist', 'assets')
  const [script, ...others] = readdirSync(assets)
  t.same(others, [], 'one script')
  const code = readFileSync(join(assets, `${script}`), 'utf8')
  t.notMatch(code, /node:/, 'nothing of Node is in it')

  const { url } = await startServer(t, folder, 'server.mjs', javaScript(examples['server.ts']))
  const browser = `globalThis.location = new URL('${url}')\nglobalThis.WebSocket ??= (await import('ws')).WebSocket\n`
  const program = `${browser}await import('./page/dist/assets/${script}')\n`
  const called = runUntil(t, folder, 'phoenix.mjs', program, /hit: true, by: 'alice'/)
  const helped = runUntil(t, folder, 'helper.mjs', program, /\bchannel$/)
  t.match((await called).line, 'alice', 'phoenix.js is answered')
  t.ok((await helped).line, 'the helper has a transport')
})
