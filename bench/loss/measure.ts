import { HostProgram } from './host-program.js'
import { addresses, type LinkKind, openLink } from './link.js'
import type { Comparison } from './transports.js'

export interface Plan {
  /** Clients of each transport. */
  clients: number
  /** A call of each client every so many milliseconds. */
  intervalMs: number
  ms: number
}

/** Measures all transports at once on a link of that kind. */
export async function measureLoss(kind: LinkKind, { clients, intervalMs, ms }: Plan): Promise<Comparison> {
  const link = await openLink(kind)
  const { server, client } = addresses
  const programs: HostProgram[] = []
  const start = (...program: ConstructorParameters<typeof HostProgram>): HostProgram => {
    const started = new HostProgram(...program)
    programs.push(started)
    return started
  }
  try {
    const target = start(link.server, 'serve', [], { HOST: server, PORT: '4000' })
    await target.line()
    const figures = [clients, intervalMs, ms].map(String)
    const load = start(link.client, 'loss/client', [`ws://${server}:4000/bench`, client, ...figures])
    await load.line()
    if (kind.percent > 0) link.lose(kind.percent)
    load.write('go')
    return JSON.parse(await load.line()) as Comparison
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
    await link.stop()
  }
}
