/** One message of a POST. */
export interface PostedMessage {
  readonly data: Buffer
  readonly isBinary: boolean
}

const openBracket = '['.charCodeAt(0)

const lineFeed = '\n'.charCodeAt(0)
const carriageReturn = '\r'.charCodeAt(0)

/**
 * Takes the body of a POST apart, one message at a time, so that a body of a million empty lines
 * costs no more than the first of them. phoenix.js sends batches as ndjson: a line that starts like
 * an array is a text message, any other a binary one in base64. A body of another content type is
 * one text message.
 */
export function* splitBody(
  body: Buffer | undefined,
  contentType: string | undefined
): Generator<PostedMessage, void, undefined> {
  if (body === undefined) return
  if (contentType !== 'application/x-ndjson') {
    yield { data: body, isBinary: false }
    return
  }
  for (let start = 0; start <= body.length; ) {
    const found = body.indexOf(lineFeed, start)
    const next = found < 0 ? body.length : found
    const end = next > start && found >= 0 && body[next - 1] === carriageReturn ? next - 1 : next
    yield message(body.subarray(start, end))
    start = next + 1
  }
}

function message(line: Buffer): PostedMessage {
  if (line[0] === openBracket) return { data: line, isBinary: false }
  return { data: Buffer.from(line.toString('latin1'), 'base64'), isBinary: true }
}
