/** Upper bounds of durations, in seconds: from microseconds, which a hook takes, to those after which nobody waits. */
export const durations: readonly number[] = [
  0.000_01, 0.000_025, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10
]

/** Of what goes over a network, or waits for an event loop: nothing of it is quicker than a millisecond. */
export const waits: readonly number[] = [
  0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
]
