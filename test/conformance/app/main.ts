import { onStopSignal } from '../../../bench/lib/program.js'
import { buildConformanceApp } from './app.js'

const app = await buildConformanceApp()
const address = await app.listen({
  host: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 4000)
})
process.stdout.write(`listening on ${address}\n`)
onStopSignal(() => app.close())
