/**
 * What failed in a run, and "N passed, N failed": counted by tap itself, in the summary that it writes at
 * the end of a TAP file, over every assertion; and what ended before its end, which tap does not count.
 */
export function report(tap) {
  const summary = [...tap.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)?.[1]
  if (summary === undefined) throw new Error('tap did not come to its end')
  const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
  const failed = [...failures(tap.split('\n'))]
  const skipped = count('skip') + count('todo')
  const counts = [`${count('pass')} passed`, `${Math.max(failed.length, count('fail'))} failed`]
  if (skipped > 0) counts.push(`${skipped} skipped`)
  return [...failed, counts.join(', ')].join('\n')
}

/** Each that failed by itself, and not only by what is in it: with the tests around it and what tap says of it. */
function* failures(lines) {
  const subtests = []
  /** At each depth, whether something of the subtest there has failed. */
  const hasFailed = []
  for (const [number, line] of lines.entries()) {
    const [, indent, start, not, name] =
      /^( *)(?:# Subtest: (.*)|(not )?ok \d+(?: - (.*))?)$/.exec(line) ?? []
    if (indent === undefined) continue
    const depth = indent.length / 4
    const isByInner = hasFailed[depth + 1]
    hasFailed[depth + 1] = false
    if (start !== undefined) subtests.splice(depth, Infinity, start)
    if (not === undefined || / # (?:TODO|SKIP)\b/i.test(name)) continue
    hasFailed[depth] = true
    if (isByInner) continue
    const details = lines.slice(number + 1, number + 40)
    const end = details.findIndex((detail) => detail.trim() === '...')
    const path = [...subtests.slice(0, depth), name].join(' > ')
    yield [`FAILED ${path}`, ...details.slice(0, end + 1)].join('\n')
  }
}
