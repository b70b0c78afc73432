#!/usr/bin/env node
// The room of the reference server: its options, its page, its hooks from a folder, and the command line.
import type { AddressInfo } from 'node:net'
import { isIPv6 } from 'node:net'
import { buildReferenceServer } from '../../plugins/reference-server.js'
import type { HookPlugin } from '../hooks/define.js'
import { oneLine } from '../log/one-line.js'
import { printable } from '../log/printable.js'
import { redactingStream } from '../log/redacting-stream.js'
import { type Command, readConfig, type ServerConfig } from './config.js'
import { demoHooks } from './demo-hooks.js'
import { loadHookFolder } from './hook-folder.js'
import { packageVersion } from './package.js'
import { helpText } from './program-options.js'
import { startFailure } from './start-failure.js'

/** The process ends by then, whatever a hook's `before_stop` still waits for. */
const drainMs = 8000

const shortestSecret = 32

function readCommand(): Command {
  try {
    return readConfig({ argv: process.argv.slice(2), env: process.env })
  } catch (err) {
    return fail(oneLine(err))
  }
}

async function serve(config: ServerConfig): Promise<void> {
  const hooks = await readHooks(config)
  const app = await buildReferenceServer(config, hooks, {
    // A mistyped path is logged as a whole.
    stream: redactingStream(process.stderr),
    // The query may hold a token.
    serializers: { req: ({ method, url, ip }) => ({ method, path: url.split('?', 1)[0], ip }) }
  })
  if (Buffer.byteLength(config.tokenSecret) < shortestSecret) {
    app.log.warn(`${config.names.tokenSecret} is shorter than ${shortestSecret} bytes: it can be guessed`)
  }

  let draining = false
  const drain = async (signal: string): Promise<void> => {
    // A terminal and npm may both pass on the same signal.
    if (draining) return
    draining = true
    app.log.info(`${signal}: draining`)
    setTimeout(() => process.exit(0), drainMs).unref()
    await app.close().catch((err: unknown) => app.log.error({ err }, 'draining failed'))
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void drain(signal))

  const { host, port } = config
  await app.listen({ host, port })
  const bound = app.server.address() as AddressInfo
  process.stdout.write(`listening on http://${isIPv6(host) ? `[${host}]` : host}:${bound.port}\n`)
}

async function readHooks({ hooksDir }: ServerConfig): Promise<readonly HookPlugin[]> {
  return hooksDir === undefined ? [demoHooks] : loadHookFolder(hooksDir)
}

function fail(problem: string): never {
  process.stderr.write(`fastify-phoenix: ${printable(problem)}\n`)
  process.exit(1)
}

const command = readCommand()
if (command.run === 'help') process.stdout.write(`${helpText()}\n`)
else if (command.run === 'version') process.stdout.write(`${packageVersion()}\n`)
else await serve(command.config).catch((err: unknown) => fail(startFailure(err, command.config)))
