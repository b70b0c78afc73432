import { createHash } from 'node:crypto'
import { keptTags } from '../kept-fields.js'

/** Milliseconds for which the place of a channel outlives its last message. */
const placeMs = 30 * 24 * 60 * 60 * 1000

/** The same of one that has had none: clients say the names. Longer than most rooms are quiet with members in them. */
const emptyMs = 24 * 60 * 60 * 1000

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

/** Milliseconds since 1970, as a text: numbers of Lua that are so large lose their last digits in one. */
const clock = `
local function now()
  local time = redis.call('TIME')
  return time[1] .. string.sub('00' .. math.floor(time[2] / 1000), -3)
end`

/**
 * Keeps a message and publishes it. The place of a channel is a hash of its epoch and offset, the messages a stream
 * whose ids are the offsets. A new epoch begins with an empty stream: what is left is of one that was lost. Of those whose
 * time is over some go with each that comes.
 *
 * KEYS: place, stream, key of the message where there is one.
 * ARGV: name of the channel, bytes, size, ttl, epoch of a place that is new, command to publish.
 */
export const appendScript = script(`${clock}
if KEYS[3] then
  local used = redis.call('GET', KEYS[3])
  if used then return used end
end
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[5])
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
redis.call('PEXPIRE', KEYS[1], ${placeMs})
if offset == 1 then redis.call('DEL', KEYS[2]) end
local at = now()
local count = string.format('%.0f', offset)
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], count .. '-0', 'at', at, 'bytes', ARGV[2])
for _ = 1, 10 do
  local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if first[1] == count .. '-0' or tonumber(first[2][2]) > tonumber(at) - tonumber(ARGV[4]) then break end
  redis.call('XDEL', KEYS[2], first[1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local position = count .. ' ' .. redis.call('HGET', KEYS[1], 'epoch')
if KEYS[3] then redis.call('SET', KEYS[3], position, 'PX', ${keyMs}) end
redis.call(ARGV[6], ARGV[1], ARGV[2] .. string.char(${keptTags.position}, #position) .. position)
return position
`)

/**
 * Reads the place and messages of a channel.
 *
 * KEYS: place, stream. ARGV: epoch of a place that is new, the offset behind which to read or nothing for the last ones, how many,
 * ttl, the only epoch that is of use or nothing, whether to read all or none. Of the first ones those that are over are passed
 * over.
 */
export const readScript = script(`${clock}
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local place = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
if not place[2] then redis.call('PEXPIRE', KEYS[1], ${emptyMs}) end
local messages = {}
local time = now()
local isOther = ARGV[5] ~= '' and ARGV[5] ~= place[1]
local isFar = ARGV[6] == '1' and tonumber(place[2] or '0') - tonumber(ARGV[2]) > tonumber(ARGV[3])
if ARGV[3] ~= '0' and place[2] and not isOther and not isFar then
  if ARGV[2] == '' then messages = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[3])
  else
    local over = tonumber(time) - tonumber(ARGV[4])
    local first = ARGV[2] .. '-1'
    repeat
      messages = redis.call('XRANGE', KEYS[2], first, '+', 'COUNT', ARGV[3])
      local isOver = #messages > 0 and tonumber(messages[1][2][2]) <= over
      for _, message in ipairs(messages) do
        if tonumber(message[2][2]) > over then break end
        first = string.sub(message[1], 1, -2) .. '1'
      end
    until not isOver
  end
end
return { place[1], place[2] or '0', time, messages }
`)

/**
 * Forgets a channel that is behind where it was: what was counted since would be counted a second time.
 *
 * KEYS: place, stream. ARGV: the epoch and offset that it had.
 */
export const renewScript = script(`
local place = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
if place[1] == ARGV[1] and tonumber(place[2] or '0') < tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1], KEYS[2])
end
return 'OK'
`)
