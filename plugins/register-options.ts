import type { RegisterOptions } from 'fastify'

/** Options of Fastify's own `register`, which hands them on to the plugin. */
export const registerOptions = [
  'prefix',
  'logLevel',
  'logSerializers'
] as const satisfies readonly (keyof RegisterOptions)[]
