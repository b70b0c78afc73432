/** A server, as spans and measures are made of it. */
export interface ObservedServer {
  readonly node: string
  /** Of the option `channels`, where the topic has one. */
  patternOf(topic: string): string | undefined
}
