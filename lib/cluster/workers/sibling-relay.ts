import cluster, { type Worker } from 'node:cluster'
import { type SiblingMessage, siblingKey, siblingMessage } from './siblings.js'

/** In the primary: hands on what workers say to each other, until the result is called. */
export function relaySiblings(numbers: ReadonlyMap<Worker, number>): () => void {
  const relay = (from: Worker, heard: unknown): void => {
    const message = siblingMessage(heard)
    const number = numbers.get(from)
    if (message === undefined || number === undefined) return
    const { question, id } = message
    if (message.kind === 'ask') {
      const others = [...numbers].filter(([worker]) => worker !== from && worker.isConnected())
      for (const [worker] of others) send(worker, { kind: 'question', question, id, from: number })
      send(from, { kind: 'asked', question, id, workers: others.map(([, other]) => other) })
    } else if (message.kind === 'answer') {
      const asker = [...numbers].find(([, other]) => other === message.to)?.[0]
      if (asker !== undefined)
        send(asker, { kind: 'answered', question, id, from: number, value: message.value })
    }
  }
  cluster.on('message', relay)
  return () => cluster.off('message', relay)
}

/** One that ends meanwhile hears nothing. */
function send(worker: Worker, message: SiblingMessage): void {
  if (worker.isConnected()) worker.send({ [siblingKey]: message }, undefined, {}, () => {})
}
