import { defaultLimits, type Limits } from '../../lib/limits/limits.js'

const unlimited = { count: 0, windowMs: 1 }

/** All limits on how much comes in a time, off: those that are added later as well. */
export const noRates: Partial<Limits> = Object.fromEntries(
  Object.entries(defaultLimits)
    .filter(([, limit]) => typeof limit === 'object')
    .map(([name]) => [name, unlimited])
)
