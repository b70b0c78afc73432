#!/usr/bin/env node
// The room of the reference server: its options, its page, its hooks from a folder, and the command line.
import cluster from 'node:cluster'
import { oneLine } from '../log/one-line.js'
import { readConfig, type ServerConfig } from './config.js'
import { packageVersion } from './package.js'
import { helpText } from './program-options.js'
import { fail } from './start.js'
import { startFailure } from './start-failure.js'
import { workerConfig } from './worker-config.js'

async function run(config: ServerConfig): Promise<void> {
  // A primary does without what serves, which is most of the code.
  if (cluster.isPrimary && config.workers > 1) {
    const { serveWorkers } = await import('./serve-workers.js')
    return serveWorkers(config)
  }
  const { serve } = await import('./serve.js')
  return serve(workerConfig(config, process.env))
}

try {
  const command = readConfig({ argv: process.argv.slice(2), env: process.env })
  if (command.run === 'help') process.stdout.write(`${helpText()}\n`)
  else if (command.run === 'version') process.stdout.write(`${packageVersion()}\n`)
  else await run(command.config).catch((err: unknown) => fail(startFailure(err, command.config)))
} catch (err) {
  fail(oneLine(err))
}
