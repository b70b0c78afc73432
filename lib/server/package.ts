import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

// Asking for the package by its own name finds its root from the sources and from dist/ alike.
const manifest = createRequire(import.meta.url).resolve('fastify-phoenix/package.json')

/** Where this package lies. */
export const packageFolder = dirname(manifest)

/** The version of this package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
