/** One message of a POST. */
export interface PostedMessage {
  readonly data: Buffer
  readonly isBinary: boolean
}

const openBracket = '['.charCodeAt(0)

/**
 * Takes the body of a POST apart. phoenix.js sends batches as ndjson: a line that starts like an
 * array is a text message, any other a binary one in base64. A body of another content type is one
 * text message.
 */
export function splitBody(body: Buffer | undefined, contentType: string | undefined): PostedMessage[] {
  if (body === undefined) return []
  if (contentType !== 'application/x-ndjson') return [{ data: body, isBinary: false }]
  return body
    .toString()
    .split(/\r?\n/)
    .map((line) => {
      const isText = line.charCodeAt(0) === openBracket
      return { data: Buffer.from(line, isText ? 'utf8' : 'base64'), isBinary: !isText }
    })
}
