// The room of the load tool: clients that connect, join and call, and what is reported of them.
import { writeFile } from 'node:fs/promises'
import { oneLine } from '../log/one-line.js'
import { printable } from '../log/printable.js'
import { type LoadConfig, loadHelp, readLoadOptions } from './command-line.js'
import { LoadOptionInvalid } from './errors.js'
import { ProgressLine } from './progress.js'
import { isClean, type LoadReport, renderReport } from './report.js'
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
  await write(config, {})
  try {
    const report = await put(config)
    await write(config, report)
    return isClean(report) ? 0 : 1
  } catch (error) {
    await write(config, { error: oneLine(error) })
    throw error
  }
}

/** Ahead of the load as well: it would be lost where its report cannot be written. */
async function write({ json }: LoadConfig, report: LoadReport | { error?: string }): Promise<void> {
  if (json === undefined) return
  try {
    // Reasons in it are the server's, and it may be looked at on a terminal.
    await writeFile(json, `${printable(JSON.stringify(report, null, 2))}\n`)
  } catch (error) {
    throw new LoadOptionInvalid('--json', `cannot be written: ${oneLine(error)}`)
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
