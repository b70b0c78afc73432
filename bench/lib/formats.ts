import protobuf from 'protobufjs'
import { defineHooks } from '../../lib/hooks/define.js'

const fields = {
  Position: 'uint32 player = 1; double x = 2; double y = 3; double z = 4;',
  Text: 'string text = 1;',
  Positions: 'repeated PositionRequest positions = 1;'
}

const proto = Object.entries(fields).reduce(
  (text, [name, body]) => `${text} message ${name}Request { ${body} } message ${name}Reply { ${body} }`,
  'syntax = "proto3";'
)

/** The plugin `typed`: each hook answers what it was sent, as `demo.echo` does, but through its messages. */
export const typedHooks = defineHooks(
  'typed',
  {
    position: (_call, request) => request,
    text: (_call, request) => request,
    positions: (_call, request) => request
  },
  { proto }
)

const position = (player: number) => ({ player, x: 12.5 + player, y: -7.25, z: 1 / (player + 3) })

/** What is sent, by the typed hook that takes it. */
export const samples = {
  position: position(1),
  text: { text: 'sixteen bytes ok'.repeat(64) },
  positions: { positions: Array.from({ length: 100 }, (_, player) => position(player)) }
} as const

export type SampleName = keyof typeof samples

const types = protobuf.parse(proto).root

/** A sample as its message. */
export function encodeSample(name: SampleName): Uint8Array {
  const type = types.lookupType(`${name.charAt(0).toUpperCase()}${name.slice(1)}Request`)
  return type.encode(type.fromObject(samples[name])).finish()
}
