import type { NumberRange } from './flags.js'

/** Operations a second. */
export const rateRange: NumberRange = { least: 0.001, most: 1_000_000 }

/** Seconds. */
export const secondsRange: NumberRange = { least: 0.001, most: 1_000_000 }

/** Seconds, or none at all. */
export const pauseRange: NumberRange = { least: 0, most: 1_000_000 }

export const clientsRange: NumberRange = { least: 1, most: 1_000_000, whole: true }
