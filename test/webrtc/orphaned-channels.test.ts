import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const program = fileURLToPath(new URL('../fixtures/brief-channels.js', import.meta.url))

const refusal =
  "import { Session } from 'node:inspector'; Session.prototype.connect = () => { throw new Error() }"
const withoutInspector = ['--import', `data:text/javascript,${encodeURIComponent(refusal)}`]

for (const [name, args] of [
  ['', []],
  [', without an inspector either', withoutInspector]
] as const) {
  t.test(
    `DataChannels that end before the server listens to them do not keep its process${name}`,
    async (t) => {
      const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, ...args, program])
      t.equal(stdout, 'closed\n')
    }
  )
}
