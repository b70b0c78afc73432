import type { ClaimName, FoundClaim } from '../adapter.js'
import type { ClaimTable } from '../claim-table.js'
import { encodeFrame, FrameKind, type FrameParts } from './frames.js'

/** What a worker asks of the claims in the hub. */
export type ClaimQuestion =
  | { readonly ask: 'claim'; readonly claim: string; readonly ttlMs: number }
  | {
      readonly ask: 'settle'
      readonly held: string
      readonly claim: string
      readonly ttlMs: number
      readonly result?: { readonly bytes: Uint8Array; readonly keepMs: number } | undefined
    }
  | { readonly ask: 'release'; readonly claim: string }

/** Stands for no result: one that is kept for no time. */
const noResult = ['', 0] as const

export function encodeQuestion(number: number, { group, key }: ClaimName, question: ClaimQuestion): Buffer {
  const parts: (number | string)[] = [number, question.ask, group, key, question.claim]
  if (question.ask !== 'release') parts.push(question.ttlMs)
  if (question.ask === 'settle') {
    const { held, result } = question
    parts.push(
      held,
      ...(result === undefined ? noResult : [textOf(result.bytes), Math.max(1, result.keepMs)])
    )
  }
  return encodeFrame(FrameKind.claim, parts)
}

/** Does what a worker asks, and returns the answer. Throws a RangeError for what is no question. */
export function answerQuestion(parts: FrameParts, claims: ClaimTable): Buffer {
  const number = parts.number()
  const ask = parts.text()
  const name = { group: parts.text(), key: parts.text() }
  let found: FoundClaim | undefined
  if (ask === 'claim') found = claims.claim(name, parts.text(), parts.number())
  else if (ask === 'release') claims.release(name, parts.text())
  else if (ask === 'settle') {
    const [claim, ttlMs, held] = [parts.text(), parts.number(), parts.text()]
    const [bytes, keepMs] = [parts.text(), parts.number()]
    claims.settle(name, held, claim, ttlMs, keepMs === 0 ? undefined : { bytes: bytesOf(bytes), keepMs })
  } else throw new RangeError('a question that is none')
  const said =
    found === undefined ? [] : [found.claim, ...(found.result === undefined ? [] : [textOf(found.result)])]
  return encodeFrame(FrameKind.claimed, [number, ...said])
}

/** The number of the question, and what there was. */
export function decodeAnswer(parts: FrameParts): [number: number, found: FoundClaim | undefined] {
  const number = parts.number()
  const [claim, result] = parts.texts()
  return [
    number,
    claim === undefined ? undefined : { claim, result: result === undefined ? undefined : bytesOf(result) }
  ]
}

/** Frames hold text; results are few. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64')
