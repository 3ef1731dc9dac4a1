--[[
  Forgets one settled event whose retention has run out: record, payload, attempts, responses and every index entry.

  Keys
    1 event   2 payload   3 attempts
    4 events       ZSET  time index
    5 deadLetters  ZSET  dead deliveries of all targets
    6 retention    ZSET  settled events by the time they may be forgotten
    7 responses

  Arguments
    1 eventId
    2 deadOfTargetPrefix   key of a target's dead letters = prefix .. target

  Returns
    1 when it was forgotten, 0 when it is not due (a replay reopened it, or it is gone already)

  Guarantees
    An event that a replay reopened is not forgotten. Repeating it is harmless.
]]
-- @include now

local eventKey, payloadKey, attemptsKey, eventsKey, deadLettersKey, retentionKey, responsesKey = unpack(KEYS)
local eventId, deadOfTargetPrefix = ARGV[1], ARGV[2]

local due = redis.call('ZSCORE', retentionKey, eventId)
if not due or tonumber(due) > nowMs() then
  return 0
end
for target in string.gmatch(redis.call('HGET', eventKey, 'targets') or '', '[^,]+') do
  local deliveryId = eventId .. '-' .. target
  redis.call('ZREM', deadLettersKey, deliveryId)
  redis.call('ZREM', deadOfTargetPrefix .. target, deliveryId)
end
redis.call('DEL', eventKey, payloadKey, attemptsKey, responsesKey)
redis.call('ZREM', eventsKey, eventId)
redis.call('ZREM', retentionKey, eventId)
return 1
