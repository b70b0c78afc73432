// Writes down what the entry points export, for test/house/surface.test.ts: the change of it is seen in review.
import { writeFileSync } from 'node:fs'
import { entryPoints } from '../fixtures/entry-points.js'
import { type EntryPoint, surfaceFile, surfaceOf } from '../fixtures/surface.js'

for (const entry of Object.keys(entryPoints) as EntryPoint[])
  writeFileSync(surfaceFile(entry), surfaceOf(entry))
