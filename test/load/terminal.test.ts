import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { WebSocketServer } from 'ws'
import { program as server } from '../fixtures/server-process.js'

const program = join(server, '..', 'cli.js')

/** Clears the screen, names the window, turns text around and begins a line, as C0, C1 and format characters. */
const commands = '\u001b[2J\u009b2J\u001b]0;owned\u0007\u202egnp.exe\u2066\u2028\u0085\u007f'
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** A server that refuses each join, or answers each call, with the word. */
async function startRefusing(t: Test, event: string, word: string): Promise<string> {
  const server = createServer((_request, response) => response.end('{"token":"x"}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => {
      const [joinRef, ref, topic, name] = JSON.parse(String(data))
      const status = name === event ? 'error' : 'ok'
      socket.send(
        JSON.stringify([
          joinRef,
          ref,
          topic,
          'phx_reply',
          { status, response: { error: word, reason: word } }
        ])
      )
    })
  )
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/socket`
}

async function load(url: string, json: string): Promise<{ shown: string; written: string }> {
  const argv = ['load', '--url', url, '--clients', '1', '--rate', '20', '--duration', '0.1', '--json', json]
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { shown: stdout + stderr, written: readFileSync(json, 'utf8') }
}

for (const event of ['phx_join', 'call_hook']) {
  t.test(`a server that answers ${event} with commands does not steer the terminal`, async (t) => {
    const url = await startRefusing(t, event, commands)
    const { shown, written } = await load(url, join(t.testdir(), 'report.json'))
    t.match(shown, 'owned', 'the word is shown')
    t.notMatch(shown, steering)
    t.notMatch(written, steering, 'nor does the report')
    t.match(JSON.stringify(JSON.parse(written)), 'gnp.exe')
  })
}
