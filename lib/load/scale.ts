/** Where values of an axis are, from 0 to 1, and which of them are written beside it. */
export interface Scale {
  /** Whether a step is ten times the one before. */
  readonly isLogarithmic: boolean
  readonly ticks: readonly number[]
  at(value: number): number
}

/** The steps that people count in. */
const steps = [1, 2, 5]
const mostTicks = 6

/** Values that lie further apart than this are too much for one linear axis. */
const widest = 30

/** An axis for values above 0: by orders of magnitude where they lie far apart. */
export function scaleOf(values: readonly number[]): Scale {
  const most = values.reduce((most, value) => Math.max(most, value), 0)
  const least = values.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), most)
  return most > least * widest ? logarithmic(least, most) : linear(most)
}

/** From 0 to the value, or a little more. */
export function linear(most: number): Scale {
  const top = most > 0 ? most : 1
  const step = stepFor(top / mostTicks)
  const count = Math.ceil(top / step - 1e-9)
  const ticks = Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
  const end = count * step
  return { isLogarithmic: false, ticks, at: (value) => value / end }
}

function logarithmic(least: number, most: number): Scale {
  const [low, high] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))]
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`))
  return {
    isLogarithmic: true,
    ticks,
    at: (value) => (Math.log10(Math.max(value, Number(`1e${low}`))) - low) / (high - low)
  }
}

/** The smallest of 1, 2, 5, 10, 20, ... that is not below the value. */
function stepFor(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return (steps.find((step) => step * power >= value) ?? 10) * power
}
