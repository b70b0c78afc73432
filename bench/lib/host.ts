import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * A host with a network of its own: a network namespace. It ends when it is stopped, or with this
 * process. Takes root, and util-linux, iproute2 and nftables.
 */
export class Host {
  readonly #child: ChildProcess
  readonly #pid: number

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#pid = child.pid as number
  }

  static async start(): Promise<Host> {
    // It lives as long as its standard input is open, so it is gone even when this process is killed.
    const child = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')])
    if (String(line) !== 'up\n') throw new Error('a network namespace could not be made; it takes root')
    return new Host(child)
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await ended
  }

  /** Runs a command line on the host, and returns what it printed. */
  run(command: string, input = ''): string {
    return execFileSync('nsenter', this.wrap(command.split(' ')), { input, encoding: 'utf8' })
  }

  /** Lets the host forward packets between its networks. */
  forward(): void {
    this.run('tee /proc/sys/net/ipv4/ip_forward', '1')
    this.run('tee /proc/sys/net/ipv6/conf/all/forwarding', '1')
  }

  /** Loads a ruleset of nftables. */
  filter(rules: string): void {
    this.run('nft -f -', rules)
  }

  /** Arguments of `nsenter` that run a command on the host. */
  wrap(command: readonly string[]): string[] {
    return [`--net=/proc/${this.#pid}/ns/net`, '--', ...command]
  }

  /** Puts a cable between two hosts, each end with its addresses in CIDR notation. */
  connect(
    name: string,
    addresses: readonly string[],
    other: Host,
    otherName: string,
    otherAddresses: readonly string[]
  ) {
    this.run(`ip link add ${name} type veth peer name ${otherName} netns ${other.#pid}`)
    this.#configure(name, addresses)
    other.#configure(otherName, otherAddresses)
  }

  #configure(name: string, addresses: readonly string[]): void {
    // Duplicate address detection would keep an IPv6 address from being used for a second.
    for (const address of addresses) {
      this.run(`ip address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`)
    }
    this.run(`ip link set ${name} up`)
  }
}
