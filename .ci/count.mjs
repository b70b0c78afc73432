// Prints "N passed, N failed" from the summary that tap itself writes at the end of a TAP file.
import { readFileSync } from 'node:fs'

const text = readFileSync(process.argv[2], 'utf8')
const summary = [...text.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)?.[1]
if (summary === undefined) throw new Error('tap did not come to its end')
const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
const skipped = count('skip') + count('todo')
process.stdout.write(
  `${count('pass')} passed, ${count('fail')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`
)
