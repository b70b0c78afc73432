/**
 * What is wrong with a name that is not known: "there is no such option", and the one that was meant
 * where that can be seen: `handle_in` is `handleIn`.
 */
export function noSuch(kind: string, name: string, known: Iterable<string>): string {
  return `there is no such ${kind}${didYouMean(name, known)}`
}

/** A question to put behind such words; empty where nothing was meant. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const meant = nearMiss(name, known)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

/** The known name that looks like this one; undefined when none does. */
export function nearMiss(name: string, known: Iterable<string>): string | undefined {
  const plain = plainName(name)
  for (const candidate of known) {
    const other = plainName(candidate)
    if (other === plain || (plain.length > 3 && isOneSlipAway(plain, other))) return candidate
  }
  return undefined
}

/** Without what styles of writing differ in. */
function plainName(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase()
}

/** One letter is missing, there too much or another one, or two have changed places. */
function isOneSlipAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let [endA, endB] = [a.length, b.length]
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--
    endB--
  }
  const [restA, restB] = [a.slice(start, endA), b.slice(start, endB)]
  if (restA.length <= 1 && restB.length <= 1) return true
  return restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0]
}
