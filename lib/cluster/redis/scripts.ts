import { createHash } from 'node:crypto'
import { keptTags } from '../kept-fields.js'

/** Milliseconds for which the place of a channel outlives its last message. */
const placeMs = 30 * 24 * 60 * 60 * 1000

/** Milliseconds in which a key makes a repeat the same message. */
const keyMs = 120_000

/** A script that a server knows by the hash of its text. */
export interface Script {
  readonly text: string
  readonly hash: string
}

function script(text: string): Script {
  return { text, hash: createHash('sha1').update(text).digest('hex') }
}

/**
 * Keeps a message and publishes it. The place of a channel is a hash of its epoch and offset, the messages a stream
 * whose ids are the offsets. A new epoch begins with an empty stream: what is left is of one that was lost.
 *
 * KEYS: place, stream, key of the message where there is one.
 * ARGV: name of the channel, bytes, size, ttl, epoch of a place that is new, command to publish.
 */
export const appendScript = script(`
if KEYS[3] then
  local used = redis.call('GET', KEYS[3])
  if used then return used end
end
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[5])
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
redis.call('PEXPIRE', KEYS[1], ${placeMs})
if offset == 1 then redis.call('DEL', KEYS[2]) end
local time = redis.call('TIME')
local at = time[1] .. string.sub('00' .. math.floor(time[2] / 1000), -3)
local count = string.format('%.0f', offset)
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], count .. '-0', 'at', at, 'bytes', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local position = count .. ' ' .. redis.call('HGET', KEYS[1], 'epoch')
if KEYS[3] then redis.call('SET', KEYS[3], position, 'PX', ${keyMs}) end
redis.call(ARGV[6], ARGV[1], ARGV[2] .. string.char(${keptTags.position}, #position) .. position)
return position
`)

/**
 * Reads the place and messages of a channel.
 *
 * KEYS: place, stream. ARGV: epoch of a place that is new, first id or nothing for the last ones, how many.
 */
export const readScript = script(`
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ${placeMs})
local place = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
local messages = {}
if ARGV[3] ~= '0' and place[2] then
  if ARGV[2] == '' then messages = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[3])
  else messages = redis.call('XRANGE', KEYS[2], ARGV[2], '+', 'COUNT', ARGV[3]) end
end
local time = redis.call('TIME')
return { place[1], place[2] or '0', time[1], messages }
`)
