import { ownNames } from '../cluster/own-names.js'
import type { DashboardHost } from './host.js'
import type { Answer, Ask, QuestionName, Reports, Told } from './reports.js'

/** With the number of this way to ask and to answer: a node that has another one is as one without a dashboard. */
const survey = `${ownNames}dashboard:1`

/** Milliseconds that other nodes have to answer; who has not is silent. */
const timeoutMs = 1_500

/** Milliseconds between two looks at those that are silent, while anybody asks. */
const retryMs = 1_000

/** Why a node is not waited for. */
export interface Silence {
  /** When it last answered, or was first asked in vain, in milliseconds since 1970. */
  readonly since: number
  readonly state: 'silent' | 'no_dashboard'
}

/** What the nodes said that answered. */
export interface Heard<Name extends QuestionName> {
  readonly answers: readonly (Told<Name> & { readonly lagMs: number })[]
  /** Those that did not. */
  readonly silent: string[]
  /** Milliseconds of its thread that the one of them took for whom it was most. */
  readonly costMs: number
}

export interface NodesOptions {
  readonly host: DashboardHost
  readonly reports: Reports
}

/**
 * Asks all nodes what the dashboard shows. A node that does not answer is named, and from then on nobody waits for it
 * until it answers again.
 */
export class Nodes {
  readonly #host: DashboardHost
  readonly #reports: Reports
  readonly #silent = new Map<string, Silence>()
  readonly #answeredAt = new Map<string, number>()
  readonly #stopAnswering: () => void
  #stopListening: (() => void) | undefined
  #retriedAt = Number.NEGATIVE_INFINITY

  constructor({ host, reports }: NodesOptions) {
    this.#host = host
    this.#reports = reports
    this.#stopAnswering = host.surveys.on(survey, (payload) => {
      const { name, ask } = Object(payload)
      if (!reports.knows(name)) throw new TypeError('a dashboard of another version asks')
      return reports.answer(name, ask)
    })
  }

  /** Those that do not answer. */
  get silent(): ReadonlyMap<string, Silence> {
    return this.#silent
  }

  async ask<Name extends QuestionName>(name: Name, ask: Ask<Name>): Promise<Heard<Name>> {
    if (this.#host.endpoint.cluster === undefined) {
      const told = await this.#reports.answer(name, ask)
      return { answers: [{ ...told, lagMs: told.costMs }], silent: [], costMs: told.costMs }
    }
    this.#listen()
    this.#retry()
    return this.#survey(name, ask, true)
  }

  /** What one node answers; undefined where it does not, and null where there is no such thing. */
  async askOne<Name extends QuestionName>(
    node: string,
    name: Name,
    ask: Ask<Name>
  ): Promise<Answer<Name> | null | undefined> {
    const { answers, silent } = await this.ask(name, ask)
    if (silent.includes(node)) return undefined
    return answers.find((answer) => answer.node === node)?.value ?? null
  }

  close(): void {
    this.#stopAnswering()
    this.#stopListening?.()
  }

  /** @param leavesSilent whether nobody waits for those that were silent */
  async #survey<Name extends QuestionName>(
    name: Name,
    ask: Ask<Name>,
    leavesSilent: boolean
  ): Promise<Heard<Name>> {
    const { clock, surveys } = this.#host
    const begun = clock.now()
    const begunAt = clock.date()
    const lags = new Map<string, number>()
    const waitedFor = new Set(this.#names().filter((node) => !leavesSilent || !this.#silent.has(node)))
    const isEnough = (value: unknown): boolean => {
      const node = String(Object(value).node)
      lags.set(node, clock.now() - begun)
      waitedFor.delete(node)
      return leavesSilent && waitedFor.size === 0
    }
    const result = await surveys.ask(survey, { name, ask }, { timeoutMs }, isEnough)
    const told = result.answers.map(({ value }) => value as Told<Name>)
    for (const { node } of told) {
      this.#silent.delete(node)
      this.#answeredAt.set(node, begunAt)
    }
    for (const { node, reason } of result.failed) {
      this.#note(node, reason === 'no_handler' ? 'no_dashboard' : 'silent', begunAt)
    }
    for (const node of result.silent) if (waitedFor.has(node)) this.#note(node, 'silent', begunAt)
    // Who has answered another question since is missing from this one all the same.
    const silent = new Set([...this.#silent.keys(), ...this.#names()])
    for (const { node } of told) silent.delete(node)
    return {
      answers: told.map((each) => ({ ...each, lagMs: Math.round((lags.get(each.node) ?? 0) * 10) / 10 })),
      silent: [...silent],
      costMs: Math.max(0, ...told.map(({ costMs }) => costMs))
    }
  }

  #names(): string[] {
    const { node, cluster } = this.#host.endpoint
    return [node, ...(cluster?.members.names() ?? [])]
  }

  #note(node: string, state: Silence['state'], since: number): void {
    if (this.#silent.get(node)?.state === state) return
    this.#silent.set(node, { since: this.#answeredAt.get(node) ?? since, state })
  }

  /** Whether those that are silent answer again is nothing that anybody waits for. */
  #retry(): void {
    const now = this.#host.clock.now()
    if (this.#silent.size === 0 || now - this.#retriedAt < retryMs) return
    this.#retriedAt = now
    void this.#survey('ping', {}, false)
  }

  /** Who has ended is not silent; who stands still may be thought to be down, and is. */
  #listen(): void {
    const members = this.#host.endpoint.cluster?.members
    this.#stopListening ??= members?.listen({
      down: (node, why) => {
        if (why === 'silent') this.#note(node, 'silent', this.#host.clock.date())
        else this.#forget(node)
      },
      forgotten: (node) => this.#forget(node)
    })
  }

  #forget(node: string): void {
    this.#silent.delete(node)
    this.#answeredAt.delete(node)
  }
}
