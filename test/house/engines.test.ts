import { readFileSync } from 'node:fs'
import { satisfies } from 'semver'
import t from 'tap'
import { root } from '../fixtures/root.js'

/** The oldest of each line of Node that is tested. */
const versions = ['20.19.0', '22.12.0', '24.0.0', '26.0.0']

interface Lockfile {
  packages: Record<string, { engines?: { node?: string } }>
}

t.test('nothing that npm installs warns of the version of Node', async (t) => {
  // What it has installed: the lock file of the package has what is for other machines, too.
  const lockfile = readFileSync(new URL('node_modules/.package-lock.json', root), 'utf8')
  const { packages } = JSON.parse(lockfile) as Lockfile
  const needs = Object.entries(packages).map(([path, { engines }]) => [path, engines?.node ?? '*'] as const)
  t.ok(needs.length > 100)
  for (const version of versions) {
    const unfit = needs.filter(([, range]) => !satisfies(version, range))
    t.strictSame(unfit, [], version)
  }
})
