--[[
  Records an attempt and what was decided after it: delivery state, event state, indexes, rates and change feed,
  in one round trip.

  Keys
    1 event        HASH    the event record
    2 attempts     HASH    '<target>/<generation>/<fence>' → '<number> <attempt JSON>'
    3 deadLetters  ZSET    dead deliveries of all targets by the time they died
    4 deadOfTarget ZSET    those of this target
    5 retention    ZSET    settled events by the time they may be forgotten
    6 changes      STREAM  the change feed
    7 rates        HASH    outcomes of this target in the current ten seconds
    8 breaker      HASH    the target's circuit breaker

  Arguments
    1 eventId   2 target   3 deliveryId   4 generation
    5 fence     of the claim; 0 when nothing was claimed
    6 kind      delivered | retry | defer | dead
    7 delayMs   for retry and defer
    8 reason    for dead
    9 attempt   JSON, '' when no request was made
   10 outcome   of the attempt, '' when none
   11 settledMs  12 deadMs   retention
   13 feedLength
   14 signal     of the attempt to the breaker: succeeded | failed | neutral
   15 failureRate   16 minimumAttempts   17 windowMs   18 openMs   the breaker's policy

  Returns
    {'applied', deliveryStatus, nextAt, eventStatus, breaker, attempts}  nextAt is '' unless it waits; breaker is 'opened' or
                           'closed' when this attempt did that, else ''
    {'superseded'}         another worker has claimed the delivery since; the attempt is recorded, the state is theirs
    {'terminal', status}   it was settled otherwise before; the attempt is recorded
    {'stale'}              a replay has started a later generation; the attempt is recorded
    {'missing'}            the event is no longer kept

  Guarantees
    1. Repeating a call changes nothing: an attempt is recorded once per claim, counters move once.
    2. A terminal state is never left by settling.
    3. A superseded worker that did deliver still settles the delivery: the target has it.

  Events
    change 'attempt' when one was recorded; 'delivery' with the new status; 'settled' with the event's last delivery.
]]
-- @include now
-- @include close-event
-- @include breaker

local eventKey, attemptsKey, deadLettersKey, deadOfTargetKey, retentionKey, changesKey, ratesKey, breakerKey = unpack(KEYS)
local eventId, target, deliveryId, generation, fence = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local kind, delayMs, reason, attempt, outcome = ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9], ARGV[10]
local settledMs, deadMs, feedLength = tonumber(ARGV[11]), tonumber(ARGV[12]), ARGV[13]
local STATUS_OF = { delivered = 'delivered', retry = 'retrying', defer = 'deferred', dead = 'dead' }

local wanted = STATUS_OF[kind]
if not wanted then
  return redis.error_reply('ERR unknown settlement ' .. kind)
end

local state = redis.call('HMGET', eventKey, target .. '/status', target .. '/generation', target .. '/fence',
  target .. '/nextAt', 'status', target .. '/settledFence')
local status = state[1]
if not status then
  return { 'missing' }
end
local now = nowMs()

local breaker, attempts = '', ''
local repeated = fence > 0 and tonumber(state[6] or 0) == fence
if attempt ~= '' then
  local field = target .. '/' .. int(generation) .. '/' .. int(fence)
  local recorded = redis.call('HGET', attemptsKey, field)
  if recorded then
    repeated = true
    attempts = string.match(recorded, '^%d+')
  else
    local number = redis.call('HINCRBY', eventKey, target .. '/attempts', 1)
    attempts = int(number)
    local entry = attempts .. ' ' .. attempt
    redis.call('HSET', attemptsKey, field, entry)
    redis.call('HSET', eventKey, target .. '/last', entry)
    breaker = breakerReport(breakerKey, eventId .. '/' .. int(fence), ARGV[14], now, tonumber(ARGV[15]),
      tonumber(ARGV[16]), tonumber(ARGV[17]), tonumber(ARGV[18]))
    if redis.call('HINCRBY', ratesKey, outcome, 1) == 1 then
      redis.call('PEXPIRE', ratesKey, 120000)
    end
    redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'attempt', 'event', eventId,
      'target', target, 'number', int(number), 'attempt', attempt)
  end
end

if tonumber(state[2] or 1) ~= generation then
  return { 'stale' }
end
if status == 'delivered' or status == 'dead' or status == 'discarded' then
  if status == wanted then
    return { 'applied', status, '', state[5], breaker, attempts }
  end
  return { 'terminal', status }
end
if fence > 0 and fence < tonumber(state[3] or 0) and kind ~= 'delivered' then
  return { 'superseded' }
end
if repeated and status == wanted then
  return { 'applied', status, state[4] or '', state[5], breaker, attempts }
end

local nextAt = ''
redis.call('HSET', eventKey, target .. '/status', wanted, target .. '/settledFence', int(fence))
if attempt ~= '' and kind ~= 'defer' then
  redis.call('HINCRBY', eventKey, target .. '/spent', 1)
end
if kind == 'retry' or kind == 'defer' then
  nextAt = int(now + delayMs)
  redis.call('HSET', eventKey, target .. '/nextAt', nextAt)
else
  redis.call('HDEL', eventKey, target .. '/nextAt')
  redis.call('HSET', eventKey, target .. '/endedAt', int(now))
  redis.call('HINCRBY', eventKey, 'pending', -1)
  if kind == 'delivered' then
    redis.call('HINCRBY', eventKey, 'deliveredCount', 1)
  else
    redis.call('HINCRBY', eventKey, 'deadCount', 1)
    redis.call('HSET', eventKey, target .. '/reason', reason)
    redis.call('ZADD', deadLettersKey, int(now), deliveryId)
    redis.call('ZADD', deadOfTargetKey, int(now), deliveryId)
  end
end
redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'delivery', 'event', eventId,
  'target', target, 'status', wanted, 'nextAt', nextAt)
local eventStatus = 'pending'
if kind == 'delivered' or kind == 'dead' then
  eventStatus = closeEvent(eventKey, retentionKey, changesKey, feedLength, eventId, now, settledMs, deadMs)
end
return { 'applied', wanted, nextAt, eventStatus, breaker, attempts }
