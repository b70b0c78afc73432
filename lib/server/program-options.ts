/** How one option of the reference server is given. */
interface Option {
  /** The environment variable. */
  env: string
  /** The command-line option, without its dashes. */
  flag: string
  /** What stands for its value in the help text. */
  value: string
  /** One line of help; the defaults belong into it. */
  help: string
}

const option = (env: string, flag: string, value: string, help: string): Option => ({
  env,
  flag,
  value,
  help
})

/** Every option of the reference server, in the order of its help text. */
export const options = {
  host: option('HOST', 'host', 'name|address', 'where to listen (127.0.0.1)'),
  port: option('PORT', 'port', 'number', 'where to listen; 0 is any free port (4000)'),
  tokenSecret: option('TOKEN_SECRET', 'token-secret', 'text', 'key of the HS256 tokens (a random one)'),
  devLogin: option(
    'DEV_LOGIN',
    'dev-login',
    'on|off',
    'POST /dev/token hands out tokens (on without a token secret on a loopback host)'
  ),
  hooks: option('HOOKS_DIR', 'hooks', 'folder', 'hook modules to serve (the demo hooks)'),
  iceServers: option(
    'ICE_SERVERS',
    'ice-servers',
    'json',
    'list of {urls, username?, credential?} or {urls, secret, ttl?} ([])'
  ),
  webrtcUdpPort: option(
    'WEBRTC_UDP_PORT',
    'webrtc-udp-port',
    'number',
    'one UDP port for all peers (a port for each)'
  ),
  webrtcPublicIp: option(
    'WEBRTC_PUBLIC_IP',
    'webrtc-public-ip',
    'address',
    'address to advertise instead of the local one; two, comma-separated, for IPv4 and IPv6'
  ),
  webrtcBind: option(
    'WEBRTC_BIND',
    'webrtc-bind',
    'address',
    'address that peers bind (all but loopback, or loopback where there is no other)'
  ),
  redis: option('REDIS_URL', 'redis', 'url', 'Redis that joins servers to a cluster (alone)'),
  nats: option(
    'NATS_URL',
    'nats',
    'list',
    'NATS servers, comma-separated, that join servers to a cluster (alone)'
  ),
  workers: option(
    'WORKERS',
    'workers',
    'number|auto',
    'processes that share the port; auto is one a core (1)'
  ),
  history: option(
    'HISTORY',
    'history',
    'number',
    'messages kept for each room:* and user:* topic, for five minutes (0: none)'
  ),
  trustProxy: option(
    'TRUST_PROXY',
    'trust-proxy',
    'on|off|hops|list',
    'proxies whose X-Forwarded headers count: all, a number of them, or their addresses (off)'
  ),
  metrics: option(
    'METRICS',
    'metrics',
    'on|off',
    'GET /metrics for Prometheus (on on a loopback host, where prom-client is installed)'
  ),
  dashboardToken: option(
    'DASHBOARD_TOKEN',
    'dashboard-token',
    'text',
    'who has it sees the dashboard at /dashboard (a random one on a loopback host, else no dashboard)'
  ),
  checkOrigin: option(
    'CHECK_ORIGIN',
    'check-origin',
    'list',
    "origins, comma-separated (the request's own host, and loopback hosts on a loopback host)"
  ),
  webrtc: option('WEBRTC', 'webrtc', 'on|off', 'whether offers are answered (on)'),
  limits: option('LIMITS', 'limits', 'json', 'overrides single limits, as {"socketsPerUser": 2}')
} as const satisfies Record<string, Option>

export type OptionName = keyof typeof options

/** The options in the order of the table above. */
export const optionNames = Object.keys(options) as OptionName[]

/** What `--help` prints. */
export function helpText(): string {
  const rows = optionNames.map((name) => {
    const { env, flag, value, help } = options[name]
    return [`  --${flag} <${value}>`, env, help] as const
  })
  const width = Math.max(...rows.map(([given]) => given.length))
  const envWidth = Math.max(...rows.map(([, env]) => env.length))
  const table = rows.map(([given, env, help]) => `${given.padEnd(width)}  ${env.padEnd(envWidth)}  ${help}`)
  return [
    'The reference server of fastify-phoenix: Phoenix Channels, and hook calls over WebRTC.',
    '',
    'Usage: fastify-phoenix [options]',
    '       fastify-phoenix load --url <url>  puts load on a server; see fastify-phoenix load --help',
    '',
    'Each option can be given on the command line or in the environment; the command line wins.',
    '',
    ...table,
    '',
    '  --help     prints this',
    '  --version  prints the version'
  ].join('\n')
}
