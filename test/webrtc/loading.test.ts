import { readFileSync } from 'node:fs'
import t from 'tap'
import { silentLogger } from '../../lib/util/logger.js'
import { createNodeDataChannelFactory } from '../../lib/webrtc/node-datachannel.js'
import '../../lib/webrtc/peer-session.js'

const isLoaded = () => readFileSync('/proc/self/maps', 'utf8').includes('node_datachannel')

t.test('the native library is loaded by the factory, not by an import', async (t) => {
  t.notOk(isLoaded())
  const factory = await createNodeDataChannelFactory({}, silentLogger)
  t.ok(isLoaded())
  t.equal(factory.size, 0)
})

t.test('a library that cannot be loaded is a coded error', async (t) => {
  for (const problem of [new Error('no binary for this machine'), 'no binary for this machine']) {
    await t.rejects(
      createNodeDataChannelFactory({}, silentLogger, () => Promise.reject(problem)),
      { code: 'PHX_ERR_WEBRTC_UNAVAILABLE', message: /webrtc: false.*no binary for this machine/ }
    )
  }
})
