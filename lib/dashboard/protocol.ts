// What the page of the dashboard and its server say to each other: one channel a view, on a socket of its own.
//
// The page is at `/dashboard/`, its files at `/dashboard/assets/NAME` (with `phoenix.mjs`, `uPlot.esm.js` and
// `uPlot.min.css` beside its own), the socket at `/dashboard/socket`, by WebSocket alone.
//
// | topic | join | pushed | events |
// | --- | --- | --- | --- |
// | `overview` | `{}` -> `Overview` | `sample` `Sample[]` each second, one a node | |
// | `sockets` | `Look` -> `Page<SocketRow>` | `page` when it has changed, at most once a second | `look` `Look` -> `Page`, `show` `{ref}` -> `SocketDetail`, `disconnect` `{ref}` |
// | `topics` | `Look` -> `Page<TopicRow>` | `page` | `look`, `show` `{topic}` -> `TopicDetail` |
// | `follow:TOPIC` | `{}` | `messages` `Followed` at most four times a second | `broadcast` `{event, payload}` |
// | `peers` | `Look` -> `Page<PeerRow>` | `page`, `failures` `PeerFailure[]` after the join and when there are others | `look`, `close` `{ref}` |
// | `hooks` | `{}` -> `Hooks` | `hooks` `Hooks` | |
// | `refusals` | `{}` -> `Refusals` | `refusals` `Refusals` | |
// | `cluster` | `{}` -> `NodeRow[]` in `{nodes}` | `nodes` `{nodes: NodeRow[]}` each second | |
//
// A push carries an object: lists come as `{samples}`, `{failures}` and `{nodes}`. What cannot be done is replied
// `error` `Problem`. Where a join is replied `error`, its topic is not there.
//
// The page asks `GET /dashboard/session` first: 204 lets it in and 401 has it ask for the token, which it hands in
// with `POST` `{"token": "..."}` (204 or 401). `DELETE` signs out. Its own files need no token.
//
// Times are milliseconds; `at` and `since` are Unix time. `ref` names one of its kind: its node, a slash, a number.

/** Why something was not done. */
export interface Problem {
  /**
   * `invalid_look`, `invalid_payload`, `not_found`, `silent` where its node does not answer, `actions_off` without the
   * option `actions`, `failed`.
   */
  readonly reason: string
  /** In words. */
  readonly message: string
}

/** What `sort` may be: numbers come with the largest first, text from A on. The first one is what is usual. */
export const sortColumns = {
  sockets: [
    'since',
    'queuedBytes',
    'inPerSecond',
    'outPerSecond',
    'messagesIn',
    'messagesOut',
    'channels',
    'id',
    'address'
  ],
  topics: ['members', 'presences', 'broadcasts', 'topic'],
  peers: ['since', 'roundTripMs', 'messagesIn', 'messagesOut', 'dropped', 'state', 'userId']
} as const

/** How many rows a page has, and how many pages are shown: who has more searches. */
export const pageRows = 100
export const maxPages = 100

/** How many refusals, and how many failed peers, a node keeps and a page gets: the last ones. */
export const keptRefusals = 200
export const keptFailures = 100

/** One second of one node: what is there, and what happened since the one before. */
export interface Sample {
  readonly at: number
  readonly node: string
  readonly websockets: number
  readonly longpolls: number
  readonly channels: number
  readonly topics: number
  readonly peers: number
  readonly connects: number
  readonly joins: number
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly broadcasts: number
  readonly hookCalls: number
  readonly hookErrors: number
  /** Null where there was no call. */
  readonly hookP50Ms: number | null
  readonly hookP99Ms: number | null
  readonly refused: number
  readonly slowClosed: number
  /** Peers that ended without having been connected, or lost their client. */
  readonly peersFailed: number
  /** Bytes that wait for clients. */
  readonly queuedBytes: number
  /** Of the event loop. */
  readonly loopP50Ms: number
  readonly loopP99Ms: number
  readonly loopMaxMs: number
  /** Cores that the process took: 1 is one. */
  readonly cpu: number
  readonly rssBytes: number
  readonly heapBytes: number
}

/** What the page says of the server that it is served by. */
export interface Overview {
  readonly node: string
  readonly version: string
  /** Whether it may disconnect sockets, close peers and broadcast. */
  readonly actions: boolean
  /** Whether one comes in with a token, and can sign out. */
  readonly signsIn: boolean
  /** The last ten minutes of all nodes, the oldest first. */
  readonly samples: readonly Sample[]
}

/** What a list is asked for; pages have 100 rows. */
export interface Look {
  /** Part of an id, user, address or topic, whatever its case; at most 200 characters. */
  readonly query?: string
  /** One of {@link sortColumns}. */
  readonly sort?: string
  /** Of one node alone. */
  readonly node?: string
  /** 0 is the first. */
  readonly page?: number
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** How many there are that match; of topics on several nodes, at least so many. */
  readonly total: number
  readonly page: number
  /** Nodes that did not answer in time: what they have is missing. */
  readonly silent: readonly string[]
}

export interface SocketRow {
  readonly ref: string
  readonly node: string
  readonly id: string | null
  readonly transport: 'websocket' | 'longpoll'
  readonly path: string
  readonly address: string
  readonly since: number
  readonly channels: number
  /** Bytes that wait for its client. */
  readonly queuedBytes: number
  readonly messagesIn: number
  readonly messagesOut: number
  /** In the last second that was looked at. */
  readonly inPerSecond: number
  readonly outPerSecond: number
  readonly hasPeer: boolean
}

export interface SocketDetail extends SocketRow {
  /** When its token ends; null where it does not. */
  readonly expiresAt: number | null
  readonly joined: readonly {
    readonly topic: string
    readonly pattern: string
    readonly waiting: number
    readonly busy: boolean
  }[]
  /** Bytes of its client that wait for a handler. */
  readonly backlogBytes: number
  readonly peers: readonly PeerRow[]
}

export interface TopicRow {
  readonly topic: string
  /** On all nodes that answered. */
  readonly members: number
  readonly presences: number
  readonly nodes: number
  readonly broadcasts: number
}

export interface TopicDetail extends TopicRow {
  readonly members100: readonly SocketRow[]
  readonly presences100: readonly { readonly key: string; readonly metas: number; readonly meta: unknown }[]
  /** The place of its newest message in its history; null where it has none. */
  readonly position: string | null
}

export interface Followed {
  readonly messages: readonly {
    readonly at: number
    readonly event: string
    readonly payload: unknown
    readonly cut: boolean
  }[]
  /** How many more there were. */
  readonly leftOut: number
}

export interface PeerRow {
  readonly ref: string
  readonly node: string
  readonly userId: string
  readonly state: string
  readonly since: number
  /** `host udp 192.0.2.1:3478 to prflx udp 192.0.2.7:52000`; null before it is connected. */
  readonly pair: { readonly local: string; readonly remote: string } | null
  readonly roundTripMs: number | null
  readonly dataChannels: readonly { readonly label: string; readonly bufferedAmount: number }[]
  readonly messagesIn: number
  readonly messagesOut: number
  readonly dropped: Readonly<Record<string, number>>
}

export interface PeerFailure {
  readonly at: number
  readonly node: string
  readonly userId: string
  readonly why: string
  readonly local: readonly string[]
  readonly remote: readonly string[]
  /** Candidates of the client that were passed over, each with why. */
  readonly ignored: readonly { readonly candidate: string; readonly why: string }[]
  /** What is likely to be wrong, and what to do; null where its client was lost. */
  readonly cause: string | null
  readonly ageMs: number
}

export interface Hooks {
  readonly hooks: readonly {
    readonly hookPlugin: string
    readonly fn: string
    readonly calls: number
    readonly errors: Readonly<Record<string, number>>
    readonly p50Ms: number
    readonly p99Ms: number
    readonly maxMs: number
  }[]
  /** The slowest of the last ten minutes. */
  readonly slowest: readonly {
    readonly at: number
    readonly node: string
    readonly hookPlugin: string
    readonly fn: string
    readonly userId: string
    readonly transport: string
    readonly ms: number
    readonly result: string
  }[]
  readonly silent: readonly string[]
}

export interface Refusals {
  /** By kind, since the start. */
  readonly counts: Readonly<Record<string, number>>
  /** The last 200, the newest first. */
  readonly recent: readonly {
    readonly at: number
    readonly node: string
    readonly kind: string
    /** The line that the log has for it, which says what to do. */
    readonly words: string
    readonly details: Readonly<Record<string, unknown>>
  }[]
  readonly silent: readonly string[]
}

export interface NodeRow {
  readonly node: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly nodeVersion: string
  readonly since: number
  /**
   * `up`, `alone` (without a cluster), `down` and `deaf` (its engine is away, or it hears nothing), `draining`, `silent` for
   * one that does not answer, `no_dashboard` for one that has none.
   */
  readonly state: string
  /** Milliseconds that its last answer took; null where it did not answer. */
  readonly lagMs: number | null
  /** Since when it does not answer; null where it does. */
  readonly silentSince: number | null
  readonly sample: Sample | null
}
