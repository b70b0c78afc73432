import { mayOpen } from '../../lib/load/measure/file-limit.js'
import { isInstalled } from './installed.js'
import type { Options } from './options.js'
import type { Question, Subject } from './question.js'
import { isScheduledApart, runningServer, withTarget } from './target.js'

/**
 * The questions that a run asks, with the cases and the servers of it. Throws an error that names a
 * question which there is not; `say` hears of what is left out.
 */
export function choose(
  all: readonly Question[],
  { only, quick, target, targetPid, targetName, targetVersion, againstItself }: Options,
  say: (line: string) => void
): Question[] {
  const names = all.map(({ name }) => name)
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${names.join(', ')}`)
  if (targetPid !== undefined && isScheduledApart(targetPid)) {
    say(
      `the process ${targetPid} is of another session than the servers that are started here, and is scheduled apart ` +
        '(sched_autogroup), so that its figures say little beside theirs: start it from this shell, in the background'
    )
  }
  return all
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .filter(({ name, isPortable = false }) => {
      if (isPortable || target === undefined) return true
      say(`${name}: left out, as its clients know no other Phoenix server`)
      return false
    })
    .map((question) => ({
      ...question,
      cases: question.cases.filter(
        ({ name, quick: isQuick, files = 0, needs }) =>
          (isQuick || !quick) &&
          (mayOpen(files) || skip(question, name, `it takes ${files} open files (ulimit -n)`, say)) &&
          (needs === undefined || isInstalled(needs) || skip(question, name, `${needs} is not here`, say))
      )
    }))
    .map((question) => (againstItself ? besideItself(question) : question))
    .map((question) =>
      target === undefined
        ? question
        : withTarget(question, target, runningServer(targetPid), { name: targetName, what: targetVersion })
    )
}

function skip({ name }: Question, asked: string, why: string, say: (line: string) => void): false {
  say(`${name}, ${asked}: left out, as ${why}`)
  return false
}

function besideItself(question: Question): Question {
  const [own] = question.subjects as [Subject]
  const again = { ...own, name: 'floor', what: 'our own server, once more' }
  return { ...question, subjects: [own, again] }
}
