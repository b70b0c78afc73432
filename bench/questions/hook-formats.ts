import { type ConnectFormat, formats } from '../lib/format-client.js'
import type { SampleName } from '../lib/formats.js'
import { closedHookLoad } from '../lib/hook-load.js'
import { ours, programUrl, type Question, type Subject } from '../lib/question.js'

interface FormatSize {
  readonly clients: number
  readonly inFlight: number
  readonly sample: SampleName
}

function subject(name: string, what: string, connect: ConnectFormat): Subject<FormatSize> {
  return {
    ...ours,
    program: programUrl('serve-typed'),
    name,
    what,
    open: (url, { sample, ...load }) => closedHookLoad((userId) => connect(sample)(url, userId), load)
  }
}

const load = { clients: 10, inFlight: 8 }

export const hookFormats: Question<FormatSize> = {
  name: 'hook-formats',
  title: 'Hook call in each format: JSON and protobuf, typed hooks and others',
  operation: 'a call',
  dimension: 'argument and result',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'p999Ms', 'rssMiB'],
  subjects: [
    subject('protobuf, typed', 'a typed hook called with its message', formats.typedProtobuf),
    subject('JSON', 'a hook called with JSON over a DataChannel', formats.json),
    subject('protobuf', 'the same with JSON in a protobuf envelope', formats.protobuf),
    subject('JSON, typed', 'the typed hook called with JSON', formats.typedJson),
    subject('WebSocket', 'JSON over the user channel', formats.webSocketJson),
    subject('WebSocket, typed', 'the typed hook called that way', formats.webSocketTypedJson)
  ],
  cases: [
    { name: '3 numbers', size: { ...load, sample: 'position' }, quick: true },
    { name: 'text of 1 KiB', size: { ...load, sample: 'text' } },
    { name: '100 x 3 numbers', size: { ...load, sample: 'positions' }, quick: true }
  ],
  plan: { launches: 2 }
}
