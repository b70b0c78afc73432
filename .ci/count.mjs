// Prints what failed, and "N passed, N failed" from the summary that tap itself writes at the end
// of a TAP file.
import { readFileSync } from 'node:fs'

const text = readFileSync(process.argv[2], 'utf8')

for (const failure of failures(text.split('\n'))) process.stdout.write(`${failure}\n`)

const summary = [...text.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)?.[1]
if (summary === undefined) throw new Error('tap did not come to its end')
const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
const skipped = count('skip') + count('todo')
process.stdout.write(
  `${count('pass')} passed, ${count('fail')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`
)

/** Each failed assertion with the tests around it and what tap says of it. */
function* failures(lines) {
  const subtests = []
  for (const [number, line] of lines.entries()) {
    const [, indent, start, failed] = /^( *)(?:# Subtest: (.*)|not ok \d+ - (.*))$/.exec(line) ?? []
    const depth = (indent?.length ?? 0) / 4
    if (start !== undefined) subtests.splice(depth, Infinity, start)
    if (failed === undefined || / # (?:TODO|SKIP)\b/i.test(failed)) continue
    const details = lines.slice(number + 1, number + 40)
    const end = details.findIndex((detail) => detail.trim() === '...')
    const path = [...subtests.slice(0, depth), failed].join(' > ')
    yield [`FAILED ${path}`, ...details.slice(0, end + 1)].join('\n')
  }
}
