import { broadcast } from './broadcast.js'
import { hook } from './hook.js'
import { idle } from './idle.js'
import { joins } from './joins.js'
import { presence } from './presence.js'
import { recover } from './recover.js'
import type { ScenarioKind } from './scenario.js'

export const scenarioNames = ['hook', 'broadcast', 'joins', 'presence', 'idle', 'recover'] as const
export type ScenarioName = (typeof scenarioNames)[number]

/** All scenarios by the names that `--scenario` takes. */
export const scenarios: Readonly<Record<ScenarioName, ScenarioKind>> = {
  hook,
  broadcast,
  joins,
  presence,
  idle,
  recover
}
