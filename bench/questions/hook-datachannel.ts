import { connectDataChannel } from '../lib/hook-client-datachannel.js'
import { payload16, programUrl, type Question } from '../lib/question.js'

export const hookDataChannel: Question = {
  name: 'hook-datachannel',
  title: 'Hook call over a DataChannel',
  floor: '`node-datachannel` by itself, with JSON',
  floorProgram: programUrl('floors/datachannel-echo'),
  cases: [
    { clients: 10, inFlight: 8, target: 1.1 },
    { clients: 1, inFlight: 1 }
  ],
  connect: (url, userId) => connectDataChannel(url, userId, payload16)
}
