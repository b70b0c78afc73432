/** A process of clients: `client.js ROLE URL`. */
import { runChurn } from './churn.js'
import { runHostile } from './hostile.js'
import { runSteady } from './steady.js'

const roles = { steady: runSteady, churn: runChurn, hostile: runHostile }
export type Role = keyof typeof roles

const [role, url] = process.argv.slice(2) as [Role, string]
// Clients whose parent was killed must not stay behind.
process.on('disconnect', () => process.exit(1))
await roles[role](url)
