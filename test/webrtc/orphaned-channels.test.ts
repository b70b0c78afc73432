import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const program = fileURLToPath(new URL('../fixtures/brief-channels.js', import.meta.url))

t.test('DataChannels that end before the server listens to them do not keep its process', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program])
  t.equal(stdout, 'closed\n')
})
