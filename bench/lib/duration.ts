import { type Plan, planFor } from './measure.js'
import type { Question } from './question.js'

/** Seconds until the servers of a launch listen, and to stop them. */
const launchSeconds = 2

/** Seconds that a question will take on two cores; what it does not say of itself is the plan. */
export function plannedSeconds(question: Question, plan: Plan, quick = false): number {
  let seconds = question.once?.takes[quick ? 'quick' : 'full'] ?? 0
  for (const asked of question.cases) {
    const { launches, rounds, warmupMs, roundMs } = planFor(question, asked, plan)
    const { open = 0.5, round = 0 } = asked.takes ?? {}
    const each = open + warmupMs / 1000 + rounds * (roundMs / 1000 + round)
    const servers = question.subjects.length
    seconds += launches * ((asked.apart ? servers : 1) * launchSeconds + servers * each)
  }
  return seconds
}

/** How long a question was to take, and took. */
export interface Duration {
  readonly name: string
  readonly planned: number
  readonly used?: number
}

/** `4:05`, in minutes and seconds. */
export function minutes(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** A line for each question, and one for all of them. */
export function renderDurations(durations: readonly Duration[]): string {
  const sum = (of: (duration: Duration) => number): number =>
    durations.reduce((seconds, one) => seconds + of(one), 0)
  const wasAsked = durations.some(({ used }) => used !== undefined)
  const all: Duration = {
    name: 'all',
    planned: sum(({ planned }) => planned),
    ...(wasAsked && { used: sum(({ used = 0 }) => used) })
  }
  return [...durations, all]
    .map(({ name, planned, used }) => {
      const line = `  ${name.padEnd(18)}${minutes(planned).padStart(6)} planned`
      return used === undefined ? line : `${line}${minutes(used).padStart(7)} used`
    })
    .join('\n')
}
