#!/usr/bin/env node
// The command `fastify-phoenix`: the reference server, or the load tool.
const [, , command, ...rest] = process.argv
if (command === 'load') {
  const { load } = await import('../load/main.js')
  process.exitCode = await load(rest)
  // A native peer that is still closing must not keep the process.
  process.exit()
} else {
  await import('./main.js')
}
