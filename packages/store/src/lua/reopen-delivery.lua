--[[
  Replays a dead letter: opens the delivery again in its next generation, and puts it on the outbox, so that it is
  enqueued even if the caller dies at once.

  Keys
    1 event        HASH  the event record
    2 outbox       ZSET  what is not yet confirmed on the queues
    3 deadLetters  ZSET  dead deliveries of all targets
    4 deadOfTarget ZSET  those of this target
    5 retention    ZSET  settled events by the time they may be forgotten
    6 changes      STREAM
    7 replay       HASH  the bulk replay it belongs to ('' fields untouched when ARGV 4 is 0)
    8 backlog      HASH  how many deliveries of the target are where

  Arguments
    1 eventId   2 target   3 deliveryId
    4 inReplay    1 to count it in the bulk replay
    5 feedLength
    6 seen        generation that is to be replayed; 0 for whichever is dead
    7 span        '<traceId>/<spanId>' of the request that asks for it; '' for none

  Returns
    {'reopened', generation}
    {'not-dead', status}
    {'newer'}                a newer version wrote its state: left as it is
    {'missing'}

  Guarantees
    Of two replays of one dead letter, exactly one reopens it.

  Events
    change 'delivery' with status pending.
]]
-- @include now
-- @include delivery-state

local eventKey, outboxKey, deadLettersKey, deadOfTargetKey, retentionKey, changesKey, replayKey, backlogKey =
  unpack(KEYS)
local eventId, target, deliveryId, inReplay, feedLength = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local stateField = target .. '/state'
local record = redis.call('HMGET', eventKey, stateField, 'pending', 'deadCount')
if not record[1] then
  redis.call('ZREM', deadLettersKey, deliveryId)
  redis.call('ZREM', deadOfTargetKey, deliveryId)
  return { 'missing' }
end
local state = readState(record[1])
if isNewer(state) then
  return { 'newer' }
end
if state.status ~= 'dead' then
  return { 'not-dead', state.status }
end
local seen = tonumber(ARGV[6])
if seen > 0 and seen ~= tonumber(state.generation) then
  return { 'not-dead', 'pending' }
end

local now = int(nowMs())
local generation = int(state.generation + 1)
state.status, state.generation, state.openedAt, state.spent = 'pending', generation, now, '0'
state.reason, state.endedAt, state.nextAt = '-', '-', '-'
redis.call('HSET', eventKey, stateField, writeState(state), 'status', 'pending', 'pending', record[2] + 1,
  'deadCount', record[3] - 1)
redis.call('HDEL', eventKey, 'settledAt', target .. '/replay')
if ARGV[7] ~= '' then
  redis.call('HSET', eventKey, target .. '/replay', ARGV[7])
end
redis.call('HINCRBY', backlogKey, placeOf(state), 1)
redis.call('ZREM', deadLettersKey, deliveryId)
redis.call('ZREM', deadOfTargetKey, deliveryId)
redis.call('ZREM', retentionKey, eventId)
redis.call('ZADD', outboxKey, now, eventId .. '/' .. target .. '/' .. generation)
if inReplay == '1' then
  redis.call('HINCRBY', replayKey, 'replayed', 1)
end
redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'delivery', 'event', eventId,
  'target', target, 'status', 'pending', 'generation', generation)
return { 'reopened', generation }
