import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from '../fixtures/root.js'

const program = fileURLToPath(new URL('dist/test/wire/bursts.test.js', root))
const isPermitted = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0

t.test(
  'bursts arrive where loopback behaves like a network',
  { skip: !isPermitted && 'no network namespace may be made here' },
  async (t) => {
    const command = 'ip link set lo up mtu 1500; exec "$0" "$1"'
    const args = ['--net', 'bash', '-c', command, process.execPath, program]
    const { status, stdout } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 100_000 })
    t.equal(status, 0, stdout)
  }
)
