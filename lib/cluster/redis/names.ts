/**
 * What channels are called at the engine: all begin with the prefix of the deployment. Where channels are sharded,
 * a tag follows that says which slot of a Redis Cluster they belong to, so that many of them share one.
 */
export interface Names {
  readonly sharded: boolean
  /** What names begin with; channels of one head belong together. */
  readonly heads: readonly string[]
  /** Bytes of each of them. */
  readonly headBytes: number
  /** Which of the heads the name of a channel begins with. */
  headOf(channel: string): number
}

export function plainNames(prefix: string): Names {
  return { sharded: false, heads: [prefix], headBytes: Buffer.byteLength(prefix), headOf: () => 0 }
}

/** How many slots of a Redis Cluster the channels are spread over. */
const shards = 64
const slots = 16_384
const tagLength = 3

/** As many heads as there are shards, in slots that lie evenly: each server of a Redis Cluster gets its part. */
export function shardedNames(prefix: string): Names {
  const tags: string[] = []
  let missing = shards
  for (let i = 0; missing > 0; i++) {
    const tag = i.toString(36).padStart(tagLength, '0')
    const shard = Math.floor((slotOf(tag) * shards) / slots)
    if (tags[shard] !== undefined) continue
    tags[shard] = tag
    missing--
  }
  const heads = tags.map((tag) => `${prefix}{${tag}}`)
  return {
    sharded: true,
    heads,
    headBytes: Buffer.byteLength(prefix) + tagLength + 2,
    headOf: (channel) => slotOf(channel) % shards
  }
}

/** The slot of a Redis Cluster that a name belongs to, or the tag of one. */
export function slotOf(text: string): number {
  let crc = 0
  for (const byte of Buffer.from(text)) crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] as number)
  return crc % slots
}

/** CRC-16/XMODEM, a byte at a time. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)
  return crc
})
