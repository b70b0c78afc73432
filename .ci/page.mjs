// What the demo page loads of other packages, copied to dist/: who installs the package needs none of them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const folder = 'dist/lib/server/page'

/** As they were published, with the licences that they came under. */
const copies = {
  'phoenix.mjs': 'phoenix/priv/static/phoenix.mjs',
  'phoenix.LICENSE.md': 'phoenix/LICENSE.md',
  'uPlot.esm.js': 'uplot/dist/uPlot.esm.js',
  'uPlot.min.css': 'uplot/dist/uPlot.min.css',
  'uPlot.LICENSE': 'uplot/LICENSE'
}

/** The files made here, as paths from the root. */
export const pageOutputs = Object.keys(copies).map((name) => `${folder}/${name}`)

/** Copies what is not there yet, or is not what is installed. */
export function copyPage(root) {
  for (const [name, source] of Object.entries(copies)) {
    const content = readFileSync(join(root, 'node_modules', source))
    const target = join(root, folder, name)
    if (existsSync(target) && readFileSync(target).equals(content)) continue
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, content)
  }
}
