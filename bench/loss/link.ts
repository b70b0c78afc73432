import { Host } from '../lib/host.js'
import { HostProgram } from './host-program.js'
import { tunnelPort } from './vxlan.js'

/** What the network between server and clients is like. */
export interface LinkKind {
  /** Share of the packets that get lost, in each direction. */
  percent: number
  /** Milliseconds that a packet takes to the other side and its answer back, beside what the machine takes. */
  roundTripMs: number
}

/** Two hosts on one network, which both call `eth`. */
export interface Link {
  readonly server: Host
  readonly client: Host
  /** From now on packets get lost at random, of every kind, as they come in. */
  lose(percent: number): void
  stop(): Promise<void>
}

export const addresses = { server: '10.77.9.1', client: '10.77.9.2' } as const

const prefix = 24
/** VXLAN puts a header of IPv4, UDP, VXLAN and Ethernet in front of each packet. */
const mtu = { eth: 1500, under: 1500 + 20 + 8 + 8 + 14 } as const

/** Opens a link with the delay that is asked for, and no loss. */
export async function openLink({ roundTripMs }: Pick<LinkKind, 'roundTripMs'>): Promise<Link> {
  const started: { stop(): Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((part) => part.stop()))
  }
  const startHost = async (): Promise<Host> => {
    const host = await Host.start()
    started.push(host)
    return host
  }
  try {
    const [server, client] = [await startHost(), await startHost()]
    if (roundTripMs === 0) {
      const { server: near, client: far } = addresses
      server.connect('eth', [`${near}/${prefix}`], client, 'eth', [`${far}/${prefix}`])
    } else {
      const delay = connectSlowly(server, client, await startHost(), roundTripMs / 2)
      started.push(delay)
      await delay.line()
    }
    // Packets that are cut only by the last network card would get lost several at a time.
    for (const host of [server, client]) host.run('ip link set eth gso_max_segs 1')
    const lose = (percent: number): void => {
      for (const host of [server, client]) host.filter(lossRules(percent))
    }
    return { server, client, lose, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Puts a third host between the two, where a program hands on what comes from either side after a while.
 * A kernel without netem cannot delay packets, but with VXLAN it sends them as UDP datagrams.
 */
function connectSlowly(server: Host, client: Host, between: Host, delayMs: number): HostProgram {
  const sides = [
    { host: server, name: 'left', net: '10.78.1', address: addresses.server },
    { host: client, name: 'right', net: '10.78.2', address: addresses.client }
  ]
  for (const { host, name, net, address } of sides) {
    between.connect(name, [`${net}.1/24`], host, 'under', [`${net}.2/24`])
    between.run(`ip link set ${name} mtu ${mtu.under}`)
    host.run(`ip link set under mtu ${mtu.under}`)
    host.run(`ip link add eth type vxlan id 1 local ${net}.2 remote ${net}.1 dstport ${tunnelPort}`)
    host.run(`ip address add ${address}/${prefix} dev eth`)
    host.run(`ip link set eth mtu ${mtu.eth} up`)
  }
  const ends = sides.flatMap(({ net }) => [`${net}.1`, `${net}.2`])
  return new HostProgram(between, 'loss/delay', [String(delayMs), ...ends])
}

function lossRules(percent: number): string {
  return `
    table inet loss {
      chain input {
        type filter hook input priority filter
        iifname eth numgen random mod 1000 < ${Math.round(percent * 10)} drop
      }
    }`
}
