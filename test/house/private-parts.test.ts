import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { root } from '../fixtures/root.js'

interface PrivatePart {
  /** Whose it is, and what. */
  readonly what: string
  readonly pattern: RegExp
  /** The one file that may touch it; none for what there is another way to. */
  readonly file?: string
  /** Plays that it is not there. */
  readonly test?: string
}

const parts: readonly PrivatePart[] = [
  {
    what: 'how Node ties a response to its connection',
    pattern: /\b(?:assignSocket|detachSocket|_httpMessage)\b/,
    file: 'plugins/response-of-connection.ts',
    test: 'test/wire/response-of-connection.test.ts'
  },
  {
    what: "the handle of one of Node's sockets",
    pattern: /\b(?:_handle|_parent|writeQueueSize)\b/,
    file: 'lib/transport/write-progress.ts',
    test: 'test/transport/write-progress.test.ts'
  },
  {
    what: "a collection of garbage through Node's inspector",
    pattern: /\bnode:inspector\b/,
    file: 'lib/webrtc/collect-garbage.ts',
    test: 'test/webrtc/collect-garbage.test.ts'
  },
  {
    what: "Fastify's options under a symbol",
    pattern: /\bgetOwnPropertySymbols\b|fastify\.options/,
    file: 'plugins/router-options.ts',
    test: 'test/wire/router-options.test.ts'
  },
  {
    what: 'decorations of another @fastify/websocket',
    pattern: /\bdecorateRequest\b/,
    file: 'plugins/websocket-server.ts'
  },
  {
    what: 'request headers that are written over',
    pattern: /\bheaders(?:\[[^\]]+\]|\.\w+) = /,
    file: 'plugins/offered-headers.ts',
    test: 'test/wire/offered-headers.test.ts'
  },
  {
    what: 'how pushes and channels of phoenix.js hand on what came',
    pattern: /\btrigger\b/,
    file: 'lib/client/triggers.ts',
    test: 'test/client/triggers.test.ts'
  },
  {
    what: 'what tests look at in phoenix.js',
    pattern: /\.conn\b|\b(?:heartbeatTimer|joinPush)\b/,
    file: 'test/fixtures/phoenix-internals.ts'
  },
  {
    what: 'what @redis/client believes to be subscribed to',
    pattern: /\bgetPubSubListeners\b/,
    file: 'lib/cluster/redis/subscriber.ts'
  },
  {
    what: 'parts of ws that are there in another way',
    pattern: /\b(?:_socket|_sender|_receiver)\b(?!:)|websocketServer\.options/
  },
  {
    what: 'listeners of others by their place',
    pattern: /\brawListeners\b|\b_events\b|\blisteners\([^)]*\)(?:\.at\(|\[)/
  }
]

/** Where these names are words of its own, or it plays that one of them is not there. */
const mayName = new Set(['test/house/private-parts.test.ts', 'test/webrtc/orphaned-channels.test.ts'])

async function sources(): Promise<Map<string, string>> {
  const folders = ['lib', 'plugins', 'bench', 'test'].map(async (folder) => {
    const names = await readdir(new URL(folder, root), { recursive: true })
    return names.filter((name) => /\.(ts|js)$/.test(name)).map((name) => `${folder}/${name}`)
  })
  const paths = (await Promise.all(folders)).flat()
  const texts = paths.map(async (path) => [path, await readFile(new URL(path, root), 'utf8')] as const)
  return new Map(await Promise.all(texts))
}

for (const { what, pattern, file, test } of parts) {
  t.test(`${what}: ${file === undefined ? 'no file touches it' : 'one file alone touches it'}`, async (t) => {
    const touching = [...(await sources())].filter(([path, text]) => !mayName.has(path) && pattern.test(text))
    const paths = touching.map(([path]) => path).filter((path) => path !== test)
    t.same(paths, file === undefined ? [] : [file])
  })
}

t.test('each says in a comment what it relies on, and in which versions', async (t) => {
  const all = await sources()
  for (const { file } of parts) {
    if (file === undefined) continue
    const comments = [...`${all.get(file)}`.matchAll(/\/\*\*[\s\S]*?\*\/|^\/\/.*$/gm)].join('\n')
    t.match(comments, /\b(?:Node|Fastify|websocket|ws|redis\/client|phoenix\.js|1\.2)\b[^.]* \d/, file)
  }
})

/** Nobody's name for anything public begins like this. */
t.test('no other file names a member with an underscore in front', async (t) => {
  const known = new Set(parts.flatMap(({ file, test }) => [file, test]))
  const touching = [...(await sources())].filter(
    ([path, text]) =>
      /^(?:lib|plugins|bench)\//.test(path) && !known.has(path) && /\._\w|\b\w+, '_\w+'\)/.test(text)
  )
  t.same(
    touching.map(([path]) => path),
    []
  )
})
