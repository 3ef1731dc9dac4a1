--[[
  Cancels the deliveries of an event that nobody has attempted yet. They are put on the outbox, so that their jobs leave the
  queues even if the caller dies at once.

  Keys
    1 event      HASH    the event record
    2 outbox     ZSET    what is not yet confirmed on the queues
    3 retention  ZSET    settled events by the time they may be forgotten
    4 changes    STREAM  the change feed

  Arguments
    1 eventId   2 settledMs   3 deadMs   4 feedLength
    5 backlogPrefix   key of a target's backlog = prefix .. target
    6 payloadPrefix   key of an event's data = prefix .. eventId

  Returns
    {'cancelled', callbackAt, '<target>/<generation>'…}  those that were cancelled by this call; callbackAt as
                                        settle-deliveries has it
    {'already'}                         nothing is left to cancel because all of it was cancelled before
    {'too-late'}                        every delivery was attempted, is under way, or has ended
    {'newer'}                           a newer version wrote the state of an open one: all are left as they are
    {'missing'}

  Guarantees
    A delivery that a worker has claimed is left to it. Repeating it is harmless.

  Events
    change 'delivery' with status cancelled for each; `settled` with the last when no delivery is open any more
]]
-- @include now
-- @include delivery-state
-- @include close-event

local eventKey, outboxKey, retentionKey, changesKey = unpack(KEYS)
local eventId, settledMs, deadMs, feedLength, backlogPrefix = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]

local record = redis.call('HMGET', eventKey, 'acceptedAt', 'targets', unpack(EVENT_COUNTS))
if not record[1] then
  return { 'missing' }
end
local now = nowMs()
local targets, states = {}, {}
for target in string.gmatch(record[2] or '', '[^,]+') do
  local state = readState(redis.call('HGET', eventKey, target .. '/state'))
  if isNewer(state) and not hasEnded(state) then
    return { 'newer' }
  end
  targets[#targets + 1] = target
  states[#states + 1] = state
end
local cancelled, refs, before, changed = {}, {}, 0, {}
for index, target in ipairs(targets) do
  local field, state = target .. '/state', states[index]
  local isClaimed = (tonumber(state.claimedUntil) or 0) > now
  if state.status == 'cancelled' then
    before = before + 1
  elseif not hasEnded(state) and state.attempts == '0' and not isClaimed then
    redis.call('HINCRBY', backlogPrefix .. target, placeOf(state), -1)
    redis.call('ZADD', outboxKey, int(now), eventId .. '/' .. target .. '/' .. state.generation)
    state.status, state.endedAt, state.nextAt = 'cancelled', int(now), '-'
    endClaim(state)
    changed[#changed + 1] = field
    changed[#changed + 1] = writeState(state)
    cancelled[#cancelled + 1] = target
    refs[#refs + 1] = target .. '/' .. state.generation
  end
end
if #cancelled == 0 then
  return { before > 0 and 'already' or 'too-late' }
end

local counts = eventCounts(record, 3)
counts.pending = counts.pending - #cancelled
counts.special = '1'
local eventStatus = closeEvent(eventKey, changed, counts, retentionKey, eventId, now, settledMs, deadMs, ARGV[6])
redis.call('HSET', eventKey, 'special', 1, unpack(changed))
for index, target in ipairs(cancelled) do
  local isLast = index == #cancelled and eventStatus ~= 'pending'
  redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'delivery', 'event', eventId, 'target', target,
    'status', 'cancelled', unpack(isLast and { 'settled', eventStatus } or {}))
end
local callbackAt = eventStatus ~= 'pending' and oweCallback(eventKey, counts, outboxKey, eventId, now) or '-'
return { 'cancelled', callbackAt, unpack(refs) }
