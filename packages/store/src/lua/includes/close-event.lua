-- The counts of an event: read with its record, changed in a table, and written back with what they mean for its status.
-- `special` marks the few events whose end takes a closer look: optional or cancelled deliveries, a callback.
local EVENT_COUNTS = { 'pending', 'deliveredCount', 'deadCount', 'targetCount', 'keepUntil', 'special' }

-- `record` holds the values of EVENT_COUNTS from `first` on.
local function eventCounts(record, first)
  return {
    pending = tonumber(record[first]),
    delivered = tonumber(record[first + 1]),
    dead = tonumber(record[first + 2]),
    targets = tonumber(record[first + 3]),
    keepUntil = tonumber(record[first + 4]) or 0,
    special = record[first + 5],
  }
end

-- What the ends of its deliveries make of an event; `own` are those that are not written yet, by field. Only required
-- deliveries count where there are any; without them no failure makes the whole `failed`.
local function statusByDeliveries(eventKey, own)
  local record = redis.call('HMGET', eventKey, 'targets', 'optional')
  local optional = ',' .. (record[2] or '') .. ','
  local required, others = { delivered = 0, cancelled = 0, all = 0 }, { delivered = 0, cancelled = 0, all = 0 }
  for target in string.gmatch(record[1], '[^,]+') do
    local field = target .. '/state'
    local state = own[field] or redis.call('HGET', eventKey, field)
    local ended = string.match(state, '^%S+')
    local counts = string.find(optional, ',' .. target .. ',', 1, true) and others or required
    counts.all = counts.all + 1
    if counts[ended] then
      counts[ended] = counts[ended] + 1
    end
  end
  local judged = required.all > 0 and required or others
  if judged.delivered == judged.all then
    return 'delivered'
  elseif judged.delivered > 0 then
    return 'partially_delivered'
  elseif judged.cancelled == judged.all then
    return 'cancelled'
  end
  return required.all > 0 and 'failed' or 'partially_delivered'
end

-- Puts the counts among the fields that are to be written (`changed`). When none of the event's deliveries is open any more,
-- settles it and sets how long it is kept; its data goes at once unless it can be replayed. Returns the event's status; the caller
-- tells the feed.
local function closeEvent(eventKey, changed, counts, retentionKey, eventId, now, settledMs, deadMs, payloadPrefix)
  local own = {}
  if counts.special then
    for index = 1, #changed, 2 do
      own[changed[index]] = changed[index + 1]
    end
  end
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
  if counts.special then
    status = statusByDeliveries(eventKey, own)
  elseif counts.delivered == counts.targets then
    status = 'delivered'
  elseif counts.delivered == 0 then
    status = 'failed'
  end
  set('status', status)
  set('settledAt', int(now))
  local keepMs = counts.dead > 0 and deadMs or settledMs
  -- Only a dead delivery is ever opened again: without one, nobody reads the data any more.
  if counts.dead == 0 then
    redis.call('UNLINK', payloadPrefix .. eventId)
  end
  -- An event is kept at least as long as its idempotency key, which answers with it.
  redis.call('ZADD', retentionKey, int(math.max(now + keepMs, counts.keepUntil)), eventId)
  return status
end

-- Puts the callback of an event that has just settled on the outbox. Returns when it settled, or '-' when nobody is told.
local function oweCallback(eventKey, counts, outboxKey, eventId, now)
  if not counts.special or redis.call('HEXISTS', eventKey, 'callback') == 0 then
    return '-'
  end
  redis.call('ZADD', outboxKey, int(now), eventId .. '//' .. int(now))
  return int(now)
end
