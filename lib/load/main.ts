import { writeFile } from 'node:fs/promises'
import { oneLine } from '../one-line.js'
import { type LoadConfig, loadHelp, readLoadOptions } from './options.js'
import { ProgressLine } from './progress.js'
import { isClean, renderReport } from './report.js'
import { runLoad } from './run.js'

/**
 * `fastify-phoenix load`: puts the load on, prints the report to stdout and resolves to the exit
 * status, which `--help` explains. Progress goes to stderr where that is a terminal.
 *
 * @param argv Arguments behind `load`.
 */
export async function load(argv: readonly string[]): Promise<number> {
  try {
    const command = readLoadOptions(argv)
    if (command.run === 'load') return await put(command.config)
    process.stdout.write(`${loadHelp}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`fastify-phoenix load: ${oneLine(error)}\n`)
    return 2
  }
}

async function put(config: LoadConfig): Promise<number> {
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
    if (config.json !== undefined) await writeFile(config.json, `${JSON.stringify(report, null, 2)}\n`)
    return isClean(report) ? 0 : 1
  } finally {
    line.clear()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
  }
}
