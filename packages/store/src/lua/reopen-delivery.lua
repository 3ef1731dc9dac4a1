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

  Arguments
    1 eventId   2 target   3 deliveryId
    4 inReplay    1 to count it in the bulk replay
    5 feedLength
    6 seen        generation that is to be replayed; 0 for whichever is dead

  Returns
    {'reopened', generation}
    {'not-dead', status}
    {'missing'}

  Guarantees
    Of two replays of one dead letter, exactly one reopens it.

  Events
    change 'delivery' with status pending.
]]
-- @include now

local eventKey, outboxKey, deadLettersKey, deadOfTargetKey, retentionKey, changesKey, replayKey = unpack(KEYS)
local eventId, target, deliveryId, inReplay, feedLength = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local state = redis.call('HMGET', eventKey, target .. '/status', target .. '/generation')
if not state[1] then
  redis.call('ZREM', deadLettersKey, deliveryId)
  redis.call('ZREM', deadOfTargetKey, deliveryId)
  return { 'missing' }
end
if state[1] ~= 'dead' then
  return { 'not-dead', state[1] }
end

local seen = tonumber(ARGV[6])
if seen > 0 and seen ~= tonumber(state[2] or 1) then
  return { 'not-dead', 'pending' }
end

local now = int(nowMs())
local generation = int(tonumber(state[2] or 1) + 1)
redis.call('HSET', eventKey, target .. '/status', 'pending', target .. '/generation', generation,
  target .. '/openedAt', now, target .. '/spent', '0', 'status', 'pending')
redis.call('HDEL', eventKey, target .. '/reason', target .. '/endedAt', target .. '/nextAt', 'settledAt')
redis.call('HINCRBY', eventKey, 'pending', 1)
redis.call('HINCRBY', eventKey, 'deadCount', -1)
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
