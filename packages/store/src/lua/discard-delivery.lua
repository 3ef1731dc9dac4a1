--[[
  Discards a dead letter: nobody wants it delivered any more. Put on the outbox, so that its job leaves the dead-letter
  queue even if the caller dies at once.

  Keys
    1 event        HASH  the event record
    2 outbox       ZSET  what is not yet confirmed on the queues
    3 deadLetters  ZSET  dead deliveries of all targets
    4 deadOfTarget ZSET  those of this target
    5 retention    ZSET  settled events by the time they may be forgotten
    6 changes      STREAM

  Arguments
    1 eventId   2 target   3 deliveryId   4 settledMs   5 deadMs   6 feedLength

  Returns
    {'discarded', generation}
    {'not-dead', status}
    {'missing'}

  Events
    change 'delivery' with status discarded; 'settled' again when the event has no open delivery.

  Guarantees
    Of a discard and a replay of one dead letter, exactly one takes effect.
]]
-- @include now
-- @include close-event

local eventKey, outboxKey, deadLettersKey, deadOfTargetKey, retentionKey, changesKey = unpack(KEYS)
local eventId, target, deliveryId, feedLength = ARGV[1], ARGV[2], ARGV[3], ARGV[6]

local state = redis.call('HMGET', eventKey, target .. '/status', target .. '/generation')
if not state[1] then
  redis.call('ZREM', deadLettersKey, deliveryId)
  redis.call('ZREM', deadOfTargetKey, deliveryId)
  return { 'missing' }
end
if state[1] ~= 'dead' then
  return { 'not-dead', state[1] }
end

local now = nowMs()
local generation = int(tonumber(state[2] or 1))
redis.call('HSET', eventKey, target .. '/status', 'discarded', target .. '/endedAt', int(now))
redis.call('HINCRBY', eventKey, 'deadCount', -1)
redis.call('ZREM', deadLettersKey, deliveryId)
redis.call('ZREM', deadOfTargetKey, deliveryId)
redis.call('ZADD', outboxKey, int(now), eventId .. '/' .. target .. '/' .. generation)
redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'delivery', 'event', eventId,
  'target', target, 'status', 'discarded')
closeEvent(eventKey, retentionKey, changesKey, feedLength, eventId, now, tonumber(ARGV[4]), tonumber(ARGV[5]))
return { 'discarded', generation }
