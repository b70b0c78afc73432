import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { installPacked } from '../fixtures/packed.js'
import { root } from '../fixtures/root.js'

const run = promisify(execFile)
const compilers = ['typescript-5.9', 'typescript', 'typescript-7']
const resolutions = { nodenext: 'nodenext', bundler: 'esnext' }

const consumer = installPacked(t, ['fastify', '@types/node', '@types/phoenix'])
const sources = fileURLToPath(new URL('test/package/consumers', root))
cpSync(sources, consumer.folder, { recursive: true })
writeFileSync(join(consumer.folder, 'package.json'), '{"type":"module"}')

function compilerOptions(moduleResolution: string, module: string): object {
  return {
    compilerOptions: {
      module,
      moduleResolution,
      target: 'es2023',
      lib: ['es2023', 'dom'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      // What is linked here must find what the application has, and not what the repository has.
      preserveSymlinks: true
    },
    include: ['*.mts']
  }
}

for (const [moduleResolution, module] of Object.entries(resolutions)) {
  const config = join(consumer.folder, `tsconfig.${moduleResolution}.json`)
  writeFileSync(config, JSON.stringify(compilerOptions(moduleResolution, module)))
  for (const compiler of compilers) {
    const tsc = fileURLToPath(new URL(`node_modules/${compiler}/bin/tsc`, root))
    t.test(`applications compile with ${compiler}, ${moduleResolution} and all types checked`, async (t) => {
      const { stdout, stderr, code } = await run(process.execPath, [tsc, '-p', config]).catch((err) => err)
      t.equal(stdout + stderr, '')
      t.equal(code, undefined, 'and not because nothing was looked at')
    })
  }
}
