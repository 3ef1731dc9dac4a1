--[[
  Makes an event durable: its record with every delivery pending, its payload, its place in the outbox and in the
  time index; claims its idempotency key. All or nothing, in one round trip.

  Keys
    1 event        HASH    the event record
    2 payload      STRING  the event's data, JSON
    3 outbox       ZSET    accepted, not yet confirmed on the queues
    4 events       ZSET    time index
    5 retention    ZSET    settled events by the time they may be forgotten
    6 changes      STREAM  the change feed
    7 idempotency  STRING  '<fingerprint> <eventId>' (unused when ARGV 4 is 0)
    8… backlogs    HASH    of each target: how many of its deliveries are where

  Arguments
    1 eventId
    2 fingerprint      hash of the request body
    3 ownId            1 when the caller chose the id
    4 idempotencyMs    how long the idempotency key is kept; 0 without one
    5 eventKeyPrefix   key of another event = prefix .. id
    6 type   7 source   8 subject ('' for none)   9 time ('' for now)
   10 data             JSON
   11 trace            '<traceId> <flags>'
   12 settledMs        retention of an event nobody wants
   13 feedLength       entries the change feed keeps
   14 more             '' or JSON, for what few events have:
        context        what a CloudEvent said besides, JSON in itself
        notBefore      no attempt before this time, ms
        delay          the same, counted from now, ms
        expiresAt      no attempt after this time, ms
        optional       names of targets whose failure does not count, a comma between
        callback       who is told when the event is settled
        unlisted       1 to leave it out of the time index and the feed
        span           the span it was published in, where one was recorded
   15… targets

  Returns
    {'accepted',  eventId, acceptedAt, delayMs, callbackAt}
      delayMs      how long until the first attempt may be made
      callbackAt   when it settled, if that is at once and somebody is to be told; else '-'
    {'duplicate', eventId, acceptedAt, type, delayMs, target…}  the same request was accepted before as this event
    {'key-reused', eventId}                            the idempotency key belongs to another body
    {'id-taken', eventId}                              the caller's id belongs to another body

  Guarantees
    Repeating the call with the same id or key stores nothing twice: it answers 'duplicate'.

  Events
    change 'accepted', with `settled` for an event without targets
]]
-- @include now
-- @include delivery-state
-- @include close-event

local eventKey, payloadKey, outboxKey, eventsKey, retentionKey, changesKey, idempotencyKey = unpack(KEYS, 1, 7)
local eventId, fingerprint, ownId, idempotencyMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local eventKeyPrefix, feedLength = ARGV[5], ARGV[13]
local FIRST_TARGET, FIRST_BACKLOG = 15, 8
-- Larger data is not handed out with a claim: many of them would fill Redis's memory on their way.
local LARGE_BYTES = 65536
local more = ARGV[14] ~= '' and cjson.decode(ARGV[14]) or {}

local function answer(kind, id)
  local record = redis.call('HMGET', eventKeyPrefix .. id, 'acceptedAt', 'type', 'targets', 'deliverAt')
  local reply = { kind, id, record[1], record[2], int(math.max(0, (tonumber(record[4]) or 0) - nowMs())) }
  for target in string.gmatch(record[3] or '', '[^,]+') do
    reply[#reply + 1] = target
  end
  return reply
end

if idempotencyMs > 0 then
  local held = redis.call('GET', idempotencyKey)
  if held then
    local separator = string.find(held, ' ', 1, true)
    local firstId = string.sub(held, separator + 1)
    if string.sub(held, 1, separator - 1) ~= fingerprint then
      return { 'key-reused', firstId }
    end
    -- An event is kept as long as its key; should it be gone all the same, the key says nothing any more.
    if redis.call('EXISTS', eventKeyPrefix .. firstId) == 1 then
      return answer('duplicate', firstId)
    end
  end
end

if redis.call('EXISTS', eventKey) == 1 then
  -- Without an id of the caller's, the only way here is this very call, sent again after a lost reply.
  if ownId == '0' or redis.call('HGET', eventKey, 'fingerprint') == fingerprint then
    if idempotencyMs > 0 then
      -- The key is this request's from now on, though another key (or none) came with it the first time.
      redis.call('SET', idempotencyKey, fingerprint .. ' ' .. eventId, 'PX', idempotencyMs)
      local keepUntil = int(nowMs() + idempotencyMs)
      redis.call('HSET', eventKey, 'keepUntil', keepUntil)
      redis.call('ZADD', retentionKey, 'XX', 'GT', keepUntil, eventId)
    end
    return answer('duplicate', eventId)
  end
  return { 'id-taken', eventId }
end

local now = nowMs()
local acceptedAt = int(now)
local targetCount = #ARGV - FIRST_TARGET + 1
local status = targetCount > 0 and 'pending' or 'unrouted'
local fields = {
  'type', ARGV[6],
  'source', ARGV[7],
  'acceptedAt', acceptedAt,
  'status', status,
  'trace', ARGV[11],
  'targetCount', targetCount,
  'pending', targetCount,
  'deliveredCount', 0,
  'deadCount', 0,
}
local function field(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
if ARGV[8] ~= '' then field('subject', ARGV[8]) end
if ARGV[9] ~= '' then field('time', ARGV[9]) end
if ownId == '1' then field('fingerprint', fingerprint) end
if idempotencyMs > 0 then field('keepUntil', int(now + idempotencyMs)) end
if #ARGV[10] > LARGE_BYTES then field('large', 1) end
if targetCount > 0 then field('targets', table.concat(ARGV, ',', FIRST_TARGET)) end
local state, delayMs = FRESH_STATE, 0
if ARGV[14] ~= '' then
  delayMs = math.max(0, more.delay or (more.notBefore or 0) - now)
  if delayMs > 0 then
    local from = int(now + delayMs)
    state = 'pending 1 0 0 0 0 ' .. from .. ' - ' .. from .. ' - - -' .. FRESH_END
    field('deliverAt', from)
  end
  if more.expiresAt then field('expiresAt', int(more.expiresAt)) end
  if more.context then field('context', more.context) end
  if more.optional then field('optional', more.optional) end
  if more.callback then field('callback', more.callback) end
  if more.span then field('span', more.span) end
  if more.optional or more.callback then field('special', 1) end
end
for index = FIRST_TARGET, #ARGV do
  field(ARGV[index] .. '/state', state)
end

redis.call('HSET', eventKey, unpack(fields))
if not more.unlisted then
  redis.call('ZADD', eventsKey, acceptedAt, eventId)
  redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'accepted', 'event', eventId, 'type', ARGV[6],
    unpack(targetCount > 0 and {} or { 'settled', status }))
end
if idempotencyMs > 0 then
  redis.call('SET', idempotencyKey, fingerprint .. ' ' .. eventId, 'PX', idempotencyMs)
end
local callbackAt = '-'
if targetCount > 0 then
  redis.call('SET', payloadKey, ARGV[10])
  redis.call('ZADD', outboxKey, acceptedAt, eventId)
else
  -- Nobody will ever read its data: it is not kept.
  redis.call('HSET', eventKey, 'settledAt', acceptedAt)
  redis.call('ZADD', retentionKey, int(now + math.max(tonumber(ARGV[12]), idempotencyMs)), eventId)
  callbackAt = oweCallback(eventKey, { special = more.callback }, outboxKey, eventId, now)
end
local place = delayMs > 0 and 'delayed' or 'waiting'
for index = FIRST_BACKLOG, #KEYS do
  redis.call('HINCRBY', KEYS[index], place, 1)
end
return { 'accepted', eventId, acceptedAt, int(delayMs), callbackAt }
