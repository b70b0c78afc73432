import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { root } from '../fixtures/root.js'

/**
 * The rooms of lib by floor, the ground floor first. A room imports from floors below its own alone; a room that
 * is new, or moves up, is a decision that is made here.
 */
const floors = [
  ['util', 'peers', 'client'],
  ['diagnostics'],
  ['errors.ts'],
  ['protocol', 'time'],
  ['protocol/serializer', 'guard.ts', 'options.ts', 'log', 'limits', 'load/measure'],
  ['data', 'once', 'hooks/typed'],
  ['history'],
  ['pubsub'],
  ['hooks', 'cluster'],
  ['endpoint', 'cluster/nats', 'cluster/redis', 'cluster/workers'],
  ['channel', 'transport'],
  ['socket', 'webrtc', 'presence', 'transport/relay'],
  ['mount', 'load/clients', 'load/options'],
  ['auth', 'load/scenarios'],
  ['load', 'user', 'dashboard', 'metrics', 'otel'],
  ['server']
]

/** The file that says what a room is for, where it does not bear the room's name. */
const mainFiles: Readonly<Record<string, string>> = {
  auth: 'authenticate.ts',
  cluster: 'adapter.ts',
  data: 'message.ts',
  'hooks/typed': 'typed-hooks.ts',
  load: 'main.ts',
  'load/measure': 'tally.ts',
  'load/options': 'flags.ts',
  'load/scenarios': 'scenario.ts',
  log: 'refusals.ts',
  peers: 'peer-factory.ts',
  protocol: 'message.ts',
  server: 'main.ts',
  time: 'clock.ts',
  user: 'user-channel.ts',
  util: 'logger.ts',
  webrtc: 'channel-peer.ts'
}

const maxFilesAtRoot = 8
const maxLines = 300

const lib = fileURLToPath(new URL('lib/', root))
const read = (file: string): string => readFileSync(join(lib, file), 'utf8')
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** Files of lib that a file imports, types included. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(read(file), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)).replace(/\.js$/, '.ts'))
    .filter((name) => !name.startsWith('../'))
}

const imports = new Map(files.map((file) => [file, importsOf(file)]))
const roomOf = (file: string): string => (dirname(file) === '.' ? file : dirname(file))
const rooms = new Set(files.map(roomOf))
const floorOf = (room: string): number => floors.findIndex((floor) => floor.includes(room))

t.test('every room has its floor, and every floor its rooms', async (t) => {
  t.same([...rooms].sort(), floors.flat().sort())
})

t.test('a room imports from the floors below its own alone', async (t) => {
  const climbing = [...imports].flatMap(([file, targets]) => {
    const own = roomOf(file)
    const above = targets.filter(
      (target) => roomOf(target) !== own && floorOf(roomOf(target)) >= floorOf(own)
    )
    return above.map((target) => `${file} imports ${target}`)
  })
  t.same(climbing, [])
})

t.test('the client helper imports nothing else of lib', async (t) => {
  const outside = files.filter((file) => roomOf(file) === 'client').flatMap((file) => imports.get(file) ?? [])
  t.same(
    outside.filter((file) => roomOf(file) !== 'client'),
    []
  )
})

t.test('of the client helper, lib takes one file: how both ends read protobuf', async (t) => {
  const borrowed = [...imports].flatMap(([file, targets]) =>
    roomOf(file) === 'client' ? [] : targets.filter((target) => roomOf(target) === 'client')
  )
  t.same(borrowed, ['client/protobuf-wire.ts'])
})

/** A way from a file back to itself. */
function circle(): string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    path.push(file)
    for (const target of imports.get(file) ?? []) {
      const found = visit(target)
      if (found !== undefined) return found
    }
    path.pop()
    done.add(file)
    return undefined
  }
  for (const file of files) {
    const found = visit(file)
    if (found !== undefined) return found
  }
  return undefined
}

t.test('files do not import each other in a circle, types included', async (t) => {
  t.ok([...imports.values()].flat().length > files.length, 'imports are found')
  t.equal(circle()?.join(' -> '), undefined)
})

t.test('the root of lib has few files', async (t) => {
  const atRoot = files.filter((file) => dirname(file) === '.')
  t.ok(atRoot.length <= maxFilesAtRoot, atRoot.join(', '))
})

t.test('the main file of a room says at its head what the room is for', async (t) => {
  const silent = [...rooms]
    .filter((room) => !room.endsWith('.ts'))
    .map((room) => join(room, mainFiles[room] ?? `${room.split('/').pop()}.ts`))
    .filter((file) => !/^(#!.*\n)?\/\/ The room of .*\n/.test(read(file)))
  t.same(silent, [])
})

t.test(`no file is longer than ${maxLines} lines`, async (t) => {
  const plugins = new URL('plugins/', root)
  const others = readdirSync(plugins, { encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const pages = ['server/page', 'dashboard/page'].flatMap((folder) =>
    readdirSync(join(lib, folder), { encoding: 'utf8' })
      .filter((file) => /\.(js|css|html)$/.test(file))
      .map((file) => `${folder}/${file}`)
  )
  const texts: [string, string][] = [
    ...files.map((file): [string, string] => [`lib/${file}`, read(file)]),
    ...pages.map((file): [string, string] => [`lib/${file}`, read(file)]),
    ...others.map((file): [string, string] => [
      `plugins/${file}`,
      readFileSync(new URL(file, plugins), 'utf8')
    ])
  ]
  const long = texts.filter(([, text]) => text.trimEnd().split('\n').length > maxLines)
  t.same(
    long.map(([file]) => file),
    []
  )
})
