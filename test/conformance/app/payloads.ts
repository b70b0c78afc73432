/** Takes payloads of the cases apart; what is not as an event wants it makes its handler raise. */
export type Fields = Record<string, unknown>

export function fields(payload: unknown, ...required: string[]): Fields {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new TypeError('no object')
  for (const key of required) if (!Object.hasOwn(payload, key)) throw new TypeError(`no ${key}`)
  return payload as Fields
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text')
  return value
}

export function number(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('no number')
  return value
}

export function array(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('no array')
  return value
}

export function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('no bytes')
  return value
}
