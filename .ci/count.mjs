// Prints "N passed, N failed" for a TAP file: its innermost test points, without those that only sum up.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

let passed = 0
let failed = 0
let skipped = 0
let previousIndent = 0
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const point = /^( *)(not )?ok\b(.*)$/.exec(line)
  const plan = /^( *)\d+\.\.\d+/.exec(line)
  if (plan !== null) previousIndent = plan[1].length
  if (point === null) continue
  const [, indent, not, rest] = point
  // A point that follows deeper ones is the summary of their subtest.
  const isSummary = indent.length < previousIndent
  previousIndent = indent.length
  if (isSummary && !not) continue
  if (/# (SKIP|TODO)\b/i.test(rest)) skipped++
  else if (not) failed++
  else passed++
}
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
