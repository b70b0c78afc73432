import { connectWebSocket } from '../lib/hook-client-websocket.js'
import { payload16, programUrl, type Question } from '../lib/question.js'

export const hookWebSocket: Question = {
  name: 'hook-websocket',
  title: 'Hook call over the WebSocket',
  floor: '`ws` by itself, with JSON',
  floorProgram: programUrl('floors/ws-echo'),
  cases: [
    { clients: 50, inFlight: 8, target: 1.1 },
    { clients: 1, inFlight: 1 }
  ],
  connect: (url, userId) => connectWebSocket(url, userId, payload16)
}
