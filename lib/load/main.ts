// The room of the load tool: what is asked for on the command line, a load from its beginning to its end, and
// what is reported of it, in words, as JSON and as a picture.
import { writeFile } from 'node:fs/promises'
import { oneLine } from '../log/one-line.js'
import { printable } from '../log/printable.js'
import { type LoadConfig, readLoadOptions } from './command-line.js'
import { loadHelp } from './help.js'
import { LoadOptionInvalid } from './options/errors.js'
import { drawNothing, drawReport } from './picture.js'
import { ProgressLine } from './progress.js'
import type { LoadReport } from './report.js'
import { renderReport } from './report-text.js'
import { runLoad } from './run.js'

/**
 * `fastify-phoenix load`: puts the load on, prints the report to stdout and resolves to the exit
 * status, which `--help` explains. Progress goes to stderr where that is a terminal.
 *
 * @param argv Arguments behind `load`.
 */
export async function load(argv: readonly string[]): Promise<number> {
  try {
    const command = readLoadOptions(argv, process.env)
    if (command.run === 'load') return await putAndWrite(command.config)
    process.stdout.write(`${loadHelp}\n`)
    return 0
  } catch (error) {
    const problem = oneLine(error).replace('webrtc: false', '--transport websocket')
    process.stderr.write(`fastify-phoenix load: ${problem}\n`)
    return 2
  }
}

async function putAndWrite(config: LoadConfig): Promise<number> {
  const { json, svg } = config
  // Ahead of the load as well: it would be lost where its report cannot be written.
  await write('--json', json, asJson({}))
  await write('--svg', svg, drawNothing())
  const report = await put(config).catch(async (error) => {
    await write('--json', json, asJson({ error: oneLine(error) }))
    throw error
  })
  await write('--json', json, asJson(report))
  await write('--svg', svg, drawReport(report, config.thresholds))
  return report.failed ? 1 : 0
}

/** Reasons in it are the server's, and it may be looked at on a terminal. */
function asJson(report: LoadReport | { error?: string }): string {
  return printable(JSON.stringify(report, null, 2))
}

async function write(option: string, file: string | undefined, text: string): Promise<void> {
  if (file === undefined) return
  try {
    await writeFile(file, `${text}\n`)
  } catch (error) {
    throw new LoadOptionInvalid(option, `cannot be written: ${oneLine(error)}`)
  }
}

async function put(config: LoadConfig): Promise<LoadReport> {
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  const line = new ProgressLine(process.stderr)
  try {
    const report = await runLoad(config, {
      signal: interrupt.signal,
      onProgress: (progress) => line.show(progress)
    })
    line.clear()
    process.stdout.write(`${renderReport(report)}\n`)
    return report
  } finally {
    line.clear()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
  }
}
