// The room of the scenarios: what kinds of load there are, each in a file of its own.

import type { Clock } from '../../time/clock.js'
import type { Crowd, CrowdSize } from '../clients/clients.js'
import type { Connector } from '../clients/connector.js'
import { paced } from '../measure/pacer.js'
import type { Tally } from '../measure/tally.js'
import type { Flags } from '../options/flags.js'

/** A load that is put on a server: each part of it when the one before has come to its end. */
export interface Scenario {
  readonly crowd: Crowd
  /** Brings those who have to be there before; PHX_ERR_LOAD_NOT_CONNECTED follows when nobody has come. */
  prepare(): Promise<void>
  /** Begins operations for as long as the load is meant to last; the tally says what comes of them. */
  run(): Promise<void>
  /** Whether what it does keeps its clients connected; pings do where it is not said. */
  readonly staysConnected?: boolean
}

/** Begins operations at a rate for as long as the load lasts. @param begin is told when each was meant to begin */
export function atRate(
  { clock, size, signal }: ScenarioContext,
  rate: number,
  begin: (meantAt: number) => void
): Promise<void> {
  return paced({ clock, rate, durationMs: size.durationMs, signal }, begin)
}

/** What a scenario is given. */
export interface ScenarioContext {
  readonly size: CrowdSize & { readonly durationMs: number }
  /** Ends the load early. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly connector: Connector
  readonly tally: Tally
}

/** A scenario with the options that were given for it. */
export interface ScenarioPlan {
  /** The first words of the report: what is done. */
  readonly title: string
  /** What it was told, as the report repeats it. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Operations a second that are asked for; null where there is no rate. */
  readonly rate: number | null
  /** Sockets and files that each client has open. */
  readonly filesEach: number
  open(context: ScenarioContext): Scenario
}

/** Options that all scenarios have, as far as the options of one depend on them. */
export interface CommonOptions {
  readonly clients: number
  readonly user: string
}

/** A kind of load. */
export interface ScenarioKind {
  /** What its operations are called. */
  readonly operations: string
  /** Options that it takes beside those that all take. */
  readonly options: readonly string[]
  /** Seconds that it lasts by default. */
  readonly duration: number
  /** Latencies that it has beside that of the operations. */
  readonly latencies: readonly string[]
  /** Whether others hear of an operation, each of whom may miss it or hear it twice. */
  readonly isHeard: boolean
  /** Whether clients come again and again, and not once ahead of the load. */
  readonly comeAgain: boolean
  /** Whether clients are cut off and come back to what they have missed; not by default. */
  readonly recovers?: boolean
  /** Throws PHX_ERR_LOAD_OPTION for an option that is wrong. */
  plan(flags: Flags, common: CommonOptions): ScenarioPlan
}
