--[[
  Records attempts at deliveries of one target and what was decided after each: delivery state, event state, indexes,
  rates, breaker and change feed, in one round trip.

  Keys
    1 deadLetters  ZSET    dead deliveries of all targets by the time they died
    2 deadOfTarget ZSET    those of this target
    3 retention    ZSET    settled events by the time they may be forgotten
    4 changes      STREAM  the change feed
    5 rates        HASH    outcomes of this target in the current ten seconds
    6 breaker      HASH    the target's circuit breaker
    7 backlog      HASH    how many deliveries of the target are where
    8 outbox       ZSET    what is not yet confirmed on the queues
    9 toldDeaths   STRING  how many deaths of this target were told within this minute
    then for each delivery
      event        HASH    the event record
      attempts     HASH    '<target>/<generation>/<fence>' → '<number> <attempt>'
    then for each response
      responses    HASH    '<target>' → what it answered, of the delivery's event

  Arguments
    1 target
    2 settledMs   3 deadMs   retention
    4 feedLength
    5 failureRate   6 minimumAttempts   7 windowMs   8 openMs   the breaker's policy
    9 heard     the happenings that somebody subscribes to (dead, gone, opened, recovered), a space between
    10 deliveries  how many there are
    11 payloadPrefix  key of an event's data = prefix .. eventId
    then for each delivery
      '<eventId> <generation> <fence> <kind> <delayMs> <reason> <outcome> <signal> <attempt>'; an argument costs by the item
        fence     of the claim; 0 when nothing was claimed
        kind      delivered | retry | defer | dead
        delayMs   for retry and defer
        reason    for dead; else '-'
        outcome   of the attempt; '-' when none
        signal    of the attempt to the breaker: succeeded | failed | neutral
        attempt   as it is recorded; nothing when no request was made
    then for each response that is to be kept
      '<place> <response>'  of which delivery, from 1, and what its target answered

  Returns
    a list with one answer for each delivery, in order
    'applied <deliveryStatus> <nextAt> <eventStatus> <breaker> <attempts> <callbackAt> <owed> <before>'  nextAt is '-' unless it waits; breaker
                           is 'opened' or 'closed' when this attempt did that, else '-'; attempts is '-' when none was
                           recorded; callbackAt is when the event settled if somebody is to be told, else '-'; owed are the
                           operational events that came onto the outbox, a comma between, as it has them; '-' for none; before
                           is 'before' when another settlement had ended it so, and this one added its attempt at most, else '-'
    'superseded'           another worker has claimed the delivery since; the attempt is recorded, the state is theirs
    'terminal <status>'    it was settled otherwise before; the attempt is recorded
    'newer'                a newer version has written its state since: nothing is recorded
    'stale'                a replay has started a later generation; the attempt is recorded
    'missing'              the event is no longer kept

  Guarantees
    1. Repeating a call changes nothing: an attempt is recorded once per claim, counters move once.
    2. A terminal state is never left by settling.
    3. A superseded worker that did deliver still settles the delivery: the target has it.
    4. What happens to an operational event owes no other one, but for the recovery of a target whose opening was told.
    5. A response is kept with the settlement that it led to, or not at all.
    6. Of one generation's attempts those of the latest MAX_ATTEMPTS claims are kept: throttling costs none, so nothing else bounds
       them.
    7. Of a target's deaths at most MAX_TOLD_DEATHS within TOLD_DEATHS_MS are owed, however many there are.

  Events
    one for each delivery that changed: 'attempt' when one was recorded, else 'delivery'; with the new status, if there is
    one, and `settled` with the event's last delivery
]]
-- @include now
-- @include delivery-state
-- @include close-event
-- @include breaker

local deadLettersKey, deadOfTargetKey, retentionKey, changesKey, ratesKey, breakerKey, backlogKey, outboxKey,
  toldDeathsKey = unpack(KEYS, 1, 9)
local target, settledMs, deadMs, feedLength = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local failureRate, minimumAttempts = tonumber(ARGV[5]), tonumber(ARGV[6])
local windowMs, openMs = tonumber(ARGV[7]), tonumber(ARGV[8])
local hears = {}
for what in string.gmatch(ARGV[9], '%a+') do
  hears[what] = true
end
local MAX_TOLD_DEATHS, TOLD_DEATHS_MS = 20, 60000
local deliveries = tonumber(ARGV[10])
local payloadPrefix = ARGV[11]
local FIRST_KEY, KEYS_EACH, FIRST_DELIVERY = 10, 2, 12
local FIRST_RESPONSE, FIRST_RESPONSE_KEY = FIRST_DELIVERY + deliveries, FIRST_KEY + KEYS_EACH * deliveries
local MAX_ATTEMPTS = 1000
local DELIVERY_PATTERN = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$'
local STATUS_OF = { delivered = 'delivered', retry = 'retrying', defer = 'deferred', dead = 'dead' }
local stateField, lastField = target .. '/state', target .. '/last'
local now = nowMs()
local nowText = int(now)
local moves, outcomes = {}, {}

-- While the breaker is closed, attempts that succeeded one after the other are counted at once.
local breakerIsClosed, succeeded = not redis.call('HGET', breakerKey, 'state'), 0

local function countSucceeded()
  if succeeded > 0 then
    breakerSucceeded(breakerKey, succeeded, now, windowMs)
    succeeded = 0
  end
end

-- Puts an operational event on the outbox: '<eventId>/<target>/<generation>/<what>/<detail>'. Returns it without what the caller knows.
local function owe(eventId, generation, what)
  redis.call('ZADD', outboxKey, nowText, eventId .. '/' .. target .. '/' .. generation .. '/' .. what)
  return what
end

local function isOperational(eventId)
  return string.find(eventId, '!', 1, true) ~= nil
end

-- An opening is told once, however many probes fail; its end is told where it was. Returns what is owed.
local function tellBreaker(change, wasTold, eventId, generation)
  if change == 'closed' then
    return wasTold and owe(eventId, generation, 'recovered/' .. wasTold .. '-' .. nowText) or nil
  elseif change == 'opened' and (hears.opened or hears.recovered) and not isOperational(eventId)
    and redis.call('HSETNX', breakerKey, 'told', nowText) == 1 then
    return hears.opened and owe(eventId, generation, 'opened/' .. nowText) or nil
  end
  return nil
end

-- When a target's deaths come in thousands, their alerts would fill the store: of each minute, which begins with a death, the
-- first ones are told, and the last of these says until when no other is. That a target is gone is told whatever is not.
local function tellDeath(eventId, generation, reason)
  if isOperational(eventId) then
    return nil
  end
  if hears.dead then
    local told = tonumber(redis.call('GET', toldDeathsKey) or 0)
    if told < MAX_TOLD_DEATHS then
      told = redis.call('INCR', toldDeathsKey)
      if told == 1 then
        redis.call('PEXPIRE', toldDeathsKey, TOLD_DEATHS_MS)
      end
      local untold = told == MAX_TOLD_DEATHS and '/' .. int(now + redis.call('PTTL', toldDeathsKey)) or ''
      return owe(eventId, generation, 'dead/' .. reason .. untold)
    end
  end
  return reason == 'gone' and hears.gone and owe(eventId, generation, 'gone/-') or nil
end

local function report(claim, signal, eventId, generation)
  if breakerIsClosed and signal == 'succeeded' then
    succeeded = succeeded + 1
    return '-', nil
  end
  countSucceeded()
  local wasTold = hears.recovered and not breakerIsClosed and redis.call('HGET', breakerKey, 'told')
  local change = breakerReport(breakerKey, claim, signal, now, failureRate, minimumAttempts, windowMs, openMs)
  breakerIsClosed = change == 'closed' or (breakerIsClosed and change == '')
  return change == '' and '-' or change, tellBreaker(change, wasTold, eventId, generation)
end

-- One entry tells of the attempt, if `entry` is one, and of all that came of it.
local function tell(eventId, entry, ...)
  if entry then
    redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'attempt', 'event', eventId, 'target', target,
      'attempt', entry, ...)
  else
    redis.call('XADD', changesKey, 'MAXLEN', '~', feedLength, '*', 'change', 'delivery', 'event', eventId, 'target', target,
      ...)
  end
end

local function applied(status, nextAt, eventStatus, tried, owed, callbackAt, before)
  return table.concat({ 'applied', status, nextAt, eventStatus, tried.breaker, tried.number, callbackAt or '-', owed or '-',
    before or '-' }, ' ')
end

-- What is to be kept of the targets' answers, by the place of the delivery.
local responses = {}
for index = FIRST_RESPONSE, #ARGV do
  local place, response = string.match(ARGV[index], '^(%d+) (.*)$')
  responses[tonumber(place)] = { key = KEYS[FIRST_RESPONSE_KEY + index - FIRST_RESPONSE], text = response }
end

-- What is to be settled: one delivery of the arguments.
local function readSettlement(text)
  local d = {}
  d.eventId, d.generation, d.fence, d.kind, d.delayMs, d.reason, d.outcome, d.signal, d.attempt =
    string.match(text, DELIVERY_PATTERN)
  d.status = STATUS_OF[d.kind]
  if not d.status then
    error('unknown settlement ' .. tostring(d.kind))
  end
  return d
end

-- Records the attempt, once for each claim. Returns its number, its entry unless it was recorded before, what it did to the breaker,
-- and what is owed for that.
local function recordAttempt(eventKey, attemptsKey, d, state)
  local claim = eventKey .. '/' .. d.fence
  if d.attempt == '' then
    if d.fence ~= '0' and not breakerIsClosed then
      -- Claimed as the probe, and not attempted: its place goes to the next one.
      report(claim, 'neutral', d.eventId, d.generation)
    end
    return { number = '-', breaker = '-' }
  end
  local field = target .. '/' .. d.generation .. '/' .. d.fence
  local number = int(state.attempts + 1)
  local entry = number .. ' ' .. d.attempt
  if redis.call('HSETNX', attemptsKey, field, entry) == 0 then
    return { number = string.match(redis.call('HGET', attemptsKey, field), '^%d+'), breaker = '-', isRepeated = true }
  end
  state.attempts = number
  if tonumber(d.fence) > MAX_ATTEMPTS then
    redis.call('HDEL', attemptsKey, target .. '/' .. d.generation .. '/' .. int(d.fence - MAX_ATTEMPTS))
  end
  outcomes[d.outcome] = (outcomes[d.outcome] or 0) + 1
  local breaker, owed = report(claim, d.signal, d.eventId, d.generation)
  return { number = number, entry = entry, breaker = breaker, owed = owed }
end

-- The answer where the delivery's state is not this settlement's to change; nil where it is.
local function whyNot(d, state, tried, eventStatus)
  local isOwn = d.fence ~= '0' and state.settledFence == d.fence
  if state.generation ~= d.generation then
    return 'stale'
  elseif hasEnded(state) then
    return state.status == d.status and applied(d.status, '-', eventStatus, tried, tried.owed, nil, not isOwn and 'before' or nil)
      or 'terminal ' .. state.status
  elseif d.fence ~= '0' and tonumber(d.fence) < tonumber(state.fence) and d.kind ~= 'delivered' then
    return 'superseded'
  elseif (isOwn or tried.isRepeated) and state.status == d.status then
    return applied(d.status, state.nextAt, eventStatus, tried)
  end
  return nil
end

-- To be attempted again, later.
local function putOff(eventKey, d, state, tried)
  state.nextAt = int(now + tonumber(d.delayMs))
  tell(d.eventId, tried.entry, 'status', d.status, 'nextAt', state.nextAt)
  redis.call('HSET', eventKey, stateField, writeState(state), unpack(tried.entry and { lastField, tried.entry } or {}))
  return applied(d.status, state.nextAt, 'pending', tried, tried.owed)
end

-- Not to be attempted any more; nor is its event, with its last delivery.
local function finish(eventKey, d, state, tried, counts)
  local owed = tried.owed
  state.nextAt, state.endedAt = '-', nowText
  if d.kind == 'dead' then
    state.reason = d.reason
    local deliveryId = d.eventId .. '-' .. target
    redis.call('ZADD', deadLettersKey, nowText, deliveryId)
    redis.call('ZADD', deadOfTargetKey, nowText, deliveryId)
    local dead = tellDeath(d.eventId, d.generation, d.reason)
    if dead then
      owed = owed and owed .. ',' .. dead or dead
    end
  end
  counts.pending = counts.pending - 1
  counts[d.status] = counts[d.status] + 1
  local changed = { stateField, writeState(state) }
  if tried.entry then
    changed[3], changed[4] = lastField, tried.entry
  end
  local eventStatus = closeEvent(eventKey, changed, counts, retentionKey, d.eventId, now, settledMs, deadMs, payloadPrefix)
  if eventStatus == 'pending' then
    tell(d.eventId, tried.entry, 'status', d.status, 'nextAt', '')
  else
    tell(d.eventId, tried.entry, 'status', d.status, 'nextAt', '', 'settled', eventStatus)
  end
  redis.call('HSET', eventKey, unpack(changed))
  local callbackAt = eventStatus ~= 'pending' and oweCallback(eventKey, counts, outboxKey, d.eventId, now) or '-'
  return applied(d.status, '-', eventStatus, tried, owed, callbackAt)
end

local function settle(eventKey, attemptsKey, text, response)
  local d = readSettlement(text)
  local record = redis.call('HMGET', eventKey, stateField, 'status', unpack(EVENT_COUNTS))
  if not record[1] then
    return 'missing'
  end
  local state = readState(record[1])
  if isNewer(state) then
    return 'newer'
  end
  local from = placeOf(state)
  local tried = recordAttempt(eventKey, attemptsKey, d, state)
  local other = whyNot(d, state, tried, record[2])
  if other then
    if tried.entry then
      tell(d.eventId, tried.entry)
      redis.call('HSET', eventKey, stateField, writeState(state), lastField, tried.entry)
    end
    return other
  end

  if response then
    redis.call('HSET', response.key, target, response.text)
  end
  state.status, state.settledFence = d.status, d.fence
  endClaim(state)
  -- Whoever settles it has survived it. A dead one whose processes did not is not given to another one unwarned when replayed.
  if d.kind ~= 'dead' or d.reason ~= 'invalid' then
    state.crashes = ''
  end
  if d.attempt ~= '' and d.kind ~= 'defer' then
    state.spent = int(state.spent + 1)
  end
  local isPutOff = d.kind == 'retry' or d.kind == 'defer'
  local answer = isPutOff and putOff(eventKey, d, state, tried) or finish(eventKey, d, state, tried, eventCounts(record, 3))
  move(moves, from, placeOf(state))
  return answer
end

local answers = {}
for index = 1, deliveries do
  local key = FIRST_KEY + (index - 1) * KEYS_EACH
  answers[index] = settle(KEYS[key], KEYS[key + 1], ARGV[FIRST_DELIVERY + index - 1], responses[index])
end
countSucceeded()
applyMoves(backlogKey, moves)
for outcome, count in pairs(outcomes) do
  if redis.call('HINCRBY', ratesKey, outcome, count) == count then
    redis.call('PEXPIRE', ratesKey, 120000)
  end
end
return answers
