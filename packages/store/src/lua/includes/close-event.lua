-- Settles an event when none of its deliveries is open any more, and sets how long it is kept.
-- Returns the event's status. Call it after `pending`, `deliveredCount` and `deadCount` are up to date.
local function closeEvent(eventKey, retentionKey, changesKey, feedLength, eventId, now, settledMs, deadMs)
  local counts = redis.call('HMGET', eventKey, 'pending', 'deliveredCount', 'deadCount', 'targetCount', 'keepUntil')
  if tonumber(counts[1]) > 0 then
    return 'pending'
  end
  local deliveredCount = tonumber(counts[2])
  local status = 'partially_delivered'
  if deliveredCount == tonumber(counts[4]) then
    status = 'delivered'
  elseif deliveredCount == 0 then
    status = 'failed'
  end
  redis.call('HSET', eventKey, 'status', status, 'settledAt', int(now))
  local keepMs = tonumber(counts[3]) > 0 and deadMs or settledMs
  -- An event is kept at least as long as its idempotency key, which answers with it.
  local expiresAt = math.max(now + keepMs, tonumber(counts[5] or 0))
  redis.call('ZADD', retentionKey, int(expiresAt), eventId)
  redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'settled', 'event', eventId, 'status', status)
  return status
end
