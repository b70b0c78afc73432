/**
 * A text frame for many sockets, as bytes that are made once. A string would be encoded anew by the
 * write to each of them, and kept once for each that reads slowly.
 */
export class SharedText {
  readonly bytes: Buffer
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    this.bytes = Buffer.from(text)
  }

  /** In bytes. */
  get length(): number {
    return this.bytes.length
  }

  toString(): string {
    return this.#text
  }
}
