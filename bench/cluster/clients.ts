/** A process of members: `clients.js URL FIRST COUNT ROOMS TOTAL SAY_EVERY_MS`. Answers the runner over IPC. */
import { Member } from './member.js'

const [url = '', ...numbers] = process.argv.slice(2)
const [first = 0, count = 0, rooms = 1, total = 0, sayEveryMs = 1000] = numbers.map(Number)

/** What the members of a process are asked for. */
export type Question = { ask: 'state' } | { ask: 'round'; round: number }

/** How the members of a process are. */
export interface ClientsState {
  members: number
  joined: number
  /** Members who see all who are in their room, and nobody else. */
  seeAll: number
  /** Messages of this round that have not come. */
  missing: number
  received: number
  twice: number
  again: number
  disordered: number
}

/** Who is in a room, each with one meta. */
const neighbours = Array.from({ length: rooms }, () => new Set<string>())
for (let number = 0; number < total; number++) neighbours[number % rooms]?.add(`${number} 1`)

const members = Array.from({ length: count }, (_, i) => {
  const number = first + i
  return new Member(url, number, number % rooms, neighbours[number % rooms] as Set<string>)
})

const sum = (of: (member: Member) => number | boolean): number =>
  members.reduce((sum, member) => sum + Number(of(member)), 0)

// Members say something in turn, spread evenly.
let next = 0
setInterval(() => members[next++ % count]?.say(), sayEveryMs / count)

process.on('message', (question: Question) => {
  if (question.ask === 'round') for (const member of members) member.beginRound(question.round)
  const state: ClientsState = {
    members: count,
    joined: sum(({ isJoined }) => isJoined),
    seeAll: sum(({ seesAll }) => seesAll),
    missing: sum(({ missing }) => missing),
    received: sum(({ received }) => received),
    twice: sum(({ twice }) => twice),
    again: sum(({ again }) => again),
    disordered: sum(({ disordered }) => disordered)
  }
  process.send?.(state)
})
// Clients whose runner was killed must not stay behind.
process.on('disconnect', () => process.exit(1))
process.send?.('ready')
