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
    7 payloadPrefix   key of an event's data = prefix .. eventId

  Returns
    {'discarded', generation}
    {'not-dead', status}
    {'newer'}                a newer version wrote its state: left as it is
    {'missing'}

  Events
    change 'delivery' with status discarded; 'settled' again when the event has no open delivery.

  Guarantees
    1. Of a discard and a replay of one dead letter, exactly one takes effect.
    2. A settled event keeps the time at which it settled.
]]
-- @include now
-- @include delivery-state
-- @include close-event

local eventKey, outboxKey, deadLettersKey, deadOfTargetKey, retentionKey, changesKey = unpack(KEYS)
local eventId, target, deliveryId, feedLength = ARGV[1], ARGV[2], ARGV[3], ARGV[6]

local stateField = target .. '/state'
local record = redis.call('HMGET', eventKey, stateField, unpack(EVENT_COUNTS))
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

local now = nowMs()
local generation = int(state.generation)
state.status, state.endedAt = 'discarded', int(now)
redis.call('ZREM', deadLettersKey, deliveryId)
redis.call('ZREM', deadOfTargetKey, deliveryId)
redis.call('ZADD', outboxKey, int(now), eventId .. '/' .. target .. '/' .. generation)
local counts = eventCounts(record, 2)
counts.dead = counts.dead - 1
local changed = { stateField, writeState(state) }
local eventStatus = closeEvent(eventKey, changed, counts, retentionKey, eventId, now, tonumber(ARGV[4]),
  tonumber(ARGV[5]), ARGV[7])
redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'delivery', 'event', eventId,
  'target', target, 'status', 'discarded', unpack(eventStatus == 'pending' and {} or { 'settled', eventStatus }))
-- A callback that is still owed names the time; there is no other for a discard.
local settledAt = redis.call('HGET', eventKey, 'settledAt')
redis.call('HSET', eventKey, unpack(changed))
if settledAt then
  redis.call('HSET', eventKey, 'settledAt', settledAt)
end
return { 'discarded', generation }
