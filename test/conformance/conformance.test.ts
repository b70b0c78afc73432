import t from 'tap'
import { conforms } from '../fixtures/conformance.js'
import { buildConformanceApp } from './app/app.js'

t.test('the conversations recorded from Phoenix are answered as Phoenix answered them', async (t) => {
  const app = await buildConformanceApp()
  t.teardown(() => app.close())
  await conforms(t, await app.listen({ host: '127.0.0.1', port: 0 }))
})
