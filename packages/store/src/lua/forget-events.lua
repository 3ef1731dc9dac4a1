--[[
  Forgets settled events whose retention has run out and that have no dead letter: record, payload, attempts and index
  entries. One with a dead letter is left: its jobs have to go first (forget-event).

  Keys
    1 events     ZSET  time index
    2 retention  ZSET  settled events by the time they may be forgotten
    then for each event
      event, payload, attempts, responses

  Arguments
    the events' ids, in order

  Returns
    a list with one word for each event, in order
      forgotten
      not-due            a replay reopened it, or it is gone already
      has-dead-letters   nothing was done

  Guarantees
    An event that a replay reopened is not forgotten. Repeating it is harmless.
]]
-- @include now

local eventsKey, retentionKey = KEYS[1], KEYS[2]
local now = nowMs()
local answers, forgotten = {}, {}

for index, eventId in ipairs(ARGV) do
  local key = 4 * index - 1
  local due = redis.call('ZSCORE', retentionKey, eventId)
  if not due or tonumber(due) > now then
    answers[index] = 'not-due'
  elseif tonumber(redis.call('HGET', KEYS[key], 'deadCount') or 0) > 0 then
    answers[index] = 'has-dead-letters'
  else
    redis.call('DEL', KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3])
    forgotten[#forgotten + 1] = eventId
    answers[index] = 'forgotten'
  end
end
if #forgotten > 0 then
  redis.call('ZREM', eventsKey, unpack(forgotten))
  redis.call('ZREM', retentionKey, unpack(forgotten))
end
return answers
