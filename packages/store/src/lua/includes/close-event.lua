-- The counts of an event: read with its record, changed in a table, and written back with what they mean for its status.
local EVENT_COUNTS = { 'pending', 'deliveredCount', 'deadCount', 'targetCount', 'keepUntil' }

-- `record` holds the values of EVENT_COUNTS from `first` on.
local function eventCounts(record, first)
  return {
    pending = tonumber(record[first]),
    delivered = tonumber(record[first + 1]),
    dead = tonumber(record[first + 2]),
    targets = tonumber(record[first + 3]),
    keepUntil = tonumber(record[first + 4]) or 0,
  }
end

-- Puts the counts among the fields that are to be written (`changed`). When none of the event's deliveries is open any more,
-- settles it and sets how long it is kept. Returns the event's status; the caller tells the feed.
local function closeEvent(changed, counts, retentionKey, eventId, now, settledMs, deadMs)
  local function set(name, value)
    changed[#changed + 1] = name
    changed[#changed + 1] = value
  end
  set('pending', int(counts.pending))
  set('deliveredCount', int(counts.delivered))
  set('deadCount', int(counts.dead))
  if counts.pending > 0 then
    return 'pending'
  end
  local status = 'partially_delivered'
  if counts.delivered == counts.targets then
    status = 'delivered'
  elseif counts.delivered == 0 then
    status = 'failed'
  end
  set('status', status)
  set('settledAt', int(now))
  local keepMs = counts.dead > 0 and deadMs or settledMs
  -- An event is kept at least as long as its idempotency key, which answers with it.
  redis.call('ZADD', retentionKey, int(math.max(now + keepMs, counts.keepUntil)), eventId)
  return status
end
