import t from 'tap'
import {
  decodeRelayMessage,
  encodeRelayMessage,
  type RelayMessage
} from '../../../lib/transport/relay/message.js'

const post: RelayMessage = { is: 'post', id: 7, path: '/socket/longpoll', token: 'a', size: 3 }

t.test('a message is read as it was written, with its bytes', async (t) => {
  const { message, bytes } = decodeRelayMessage(encodeRelayMessage(post, Buffer.from('abc')))
  t.same(message, post)
  t.equal(bytes.toString(), 'abc')
})

t.test('a message without the numbers it has to have is none: budgets are counted with them', async (t) => {
  for (const wrong of [undefined, null, 'three', -1, 1.5, 2 ** 31, {}]) {
    const sent = encodeRelayMessage({ ...post, size: wrong } as never)
    t.throws(() => decodeRelayMessage(sent), TypeError, String(wrong))
  }
  t.throws(() => decodeRelayMessage(encodeRelayMessage({ is: 'taken' } as never)), TypeError)
  t.throws(() => decodeRelayMessage(encodeRelayMessage({ is: 'pull', id: 1, of: 'body', at: -5 })), TypeError)
})

t.test('what a newer version says is read, for others to pass over', async (t) => {
  for (const is of ['later', '__proto__', 'constructor']) {
    t.equal(decodeRelayMessage(encodeRelayMessage({ is } as never)).message.is, is)
  }
})
