/**
 * `npm run bench:protobuf`: the envelopes of hook calls, read and written by the code of lib and by
 * protobufjs, and what it takes to load protobufjs.
 */
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import type { HookResult } from '../lib/hooks/types.js'
import { protobufCodec } from '../lib/webrtc/rpc-protobuf.js'
import { RtcEnvelope } from './lib/rtc-envelope.js'
import { spread } from './lib/statistics.js'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, times: { type: 'string', default: '20000' } }
})
const [rounds, times] = [Number(values.rounds), Number(values.times)]

/** What came of it is added up, so that nothing is left out as unused. */
let sum = 0

function nanoseconds(work: () => { readonly length: number }): number {
  const begun = performance.now()
  for (let i = 0; i < times; i++) sum += work().length
  return ((performance.now() - begun) * 1e6) / times
}

/** The bytes of a call's arguments, and its names, which are read as well. */
function readByLibrary(message: Buffer): { readonly length: number } {
  const { call_hook: call } = RtcEnvelope.decode(message) as unknown as {
    call_hook: { plugin: string; fn: string; args_json: Buffer }
  }
  sum += call.plugin.length + call.fn.length
  return call.args_json
}

function readByUs(message: Buffer): { readonly length: number } {
  const call = protobufCodec.decode(message)
  if (call?.args === undefined || !('json' in call.args)) throw new Error('no call')
  sum += call.hookPlugin.length + call.fn.length
  return call.args.json
}

function tasks(json: string) {
  const names = { id: 300, plugin: 'arena', fn: 'move' }
  const envelope = { call_hook: { ...names, args_json: Buffer.from(json) } }
  const message = Buffer.from(RtcEnvelope.encode(envelope).finish())
  const call = protobufCodec.decode(message)
  if (call === undefined) throw new Error('no call')
  const result: HookResult = { ok: true, json }
  return {
    'read a call': { ours: () => readByUs(message), library: () => readByLibrary(message) },
    'write an answer': {
      ours: () => protobufCodec.encode(call, result),
      library: () => RtcEnvelope.encode({ hook_reply: { id: 300, data_json: Buffer.from(json) } }).finish()
    }
  }
}

const cell = (figures: readonly number[], digits: number): string => {
  const { median, min, max } = spread(figures)
  return `**${median.toFixed(digits)}** (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}

process.stdout.write('| envelope | JSON in it | ours, ns | protobufjs, ns | ours : protobufjs |\n')
process.stdout.write('| --- | --- | ---: | ---: | ---: |\n')
for (const bytes of [16, 1024, 16_384]) {
  for (const [name, { ours, library }] of Object.entries(tasks(JSON.stringify('x'.repeat(bytes - 2))))) {
    // In turn, so that what slows the machine down falls on both; the first rounds warm up.
    const pairs = Array.from({ length: rounds + 2 }, () => [nanoseconds(ours), nanoseconds(library)] as const)
    const counted = pairs.slice(2)
    const cells = [
      cell(
        counted.map(([us]) => us),
        0
      ),
      cell(
        counted.map(([, them]) => them),
        0
      ),
      cell(
        counted.map(([us, them]) => us / them),
        2
      )
    ]
    process.stdout.write(`| ${name} | ${bytes} B | ${cells.join(' | ')} |\n`)
  }
}

const loading = `
  globalThis.gc()
  const [begun, before] = [performance.now(), process.memoryUsage().rss]
  await import('protobufjs')
  const ms = performance.now() - begun
  globalThis.gc()
  console.log(JSON.stringify([ms, (process.memoryUsage().rss - before) / 2 ** 20]))`

const loads: [ms: number, mib: number][] = []
for (let i = 0; i < 5; i++) {
  const args = ['--expose-gc', '--input-type=module', '--eval', loading]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  loads.push(JSON.parse(stdout) as [number, number])
}
const [ms, mib] = [
  cell(
    loads.map(([time]) => time),
    0
  ),
  cell(
    loads.map(([, memory]) => memory),
    1
  )
]
process.stdout.write(`\nLoading protobufjs takes ${ms} ms and ${mib} MiB.\n`)
if (sum === 0) process.exitCode = 1
