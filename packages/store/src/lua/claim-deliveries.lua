--[[
  Takes deliveries of one target for an attempt each, and hands out all the attempts need, in one round trip.

  Keys
    1 breaker  HASH  the target's circuit breaker
    2 backlog  HASH  how many deliveries of the target are where
    then for each delivery
      event    HASH    the event record
      payload  STRING  the event's data

  Arguments
    1 target
    2 probeMs     how long a probe of the half-open breaker may take to report
    3 claimMs     how long nobody but this claimant may take them
    4 claimant    who takes them: the same name after a crash, so that nobody waits for himself
    5 generations of the deliveries, in order, a space between
    6 process     the one that claims, since its start: another one that left a delivery claimed has crashed
    7 suspectAfter  so many crashes make a delivery a suspect, which is not handed out; 0 to take suspects
    8 freshMs     so long a claim keeps even the same claimant away, in another process; 0 for not at all
    9 maxAgeMs    how old a delivery may be and still be attempted

  Returns
    a list with one answer for each delivery, in order; words have a space between, for a reply costs by the item
    {'claimed <fence> <attempts> <spent> <ageMs> <acceptedAt> <traceId> <flags> <span> <replay> <type>', data, source}, and of events that have
      any of them: subject, time; and context, expiresInMs
      data      JSON; '' when it is large: it is to be read by itself
      fence     number of this claim; a settlement shows it, so that a superseded worker is known
      attempts  attempts recorded over all generations
      spent     attempts that counted in this generation
      ageMs     since this generation began
      span      the span the event was published in, or '-'
      replay    '<traceId>/<spanId>' of the request that replayed the delivery, or '-'
      subject, time, context, expiresInMs  '' when only another was given; context is JSON
    {'missing'}                      no such event or delivery
    {'newer'}                        a newer version wrote its state: left as it is
    {'stale'}                        a replay has started a later generation
    {'terminal <status> <reason>'}   nothing left to do; reason is '-' unless dead
    {'early <remainingMs>'}          its next attempt is not due yet, or somebody else has claimed it: look again then
    {'held <forMs>'}                 the breaker lets nothing through for so long
    {'suspect <crashes>'}            so many processes in a row ended with it in hand: only to be tried alone

  Guarantees
    1. Repeating it is harmless: it moves nothing but the fence, the time of the claim and the place of a probe.
    2. Of two claimants, one gets a delivery; the other gets it when the claim is over. Of two processes that claim as the same
       one, the first has it for freshMs: no lock that is renewed in time is lost sooner, so the second one has lost its own.
    3. A crash is counted once: when a delivery that another process left claimed is taken over.
    4. A delivery that is too old is handed out whatever the breaker says, and is never its probe.
]]
-- @include now
-- @include delivery-state
-- @include breaker

local breakerKey, backlogKey = KEYS[1], KEYS[2]
-- Whoever has claimed it is most likely done long before the claim is over.
local CLAIMED_LOOK_MS = 1000
local target, probeMs, claimMs, claimant = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local process, suspectAfter, freshMs, maxAgeMs = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local stateField, replayField = target .. '/state', target .. '/replay'
local now = nowMs()
local claimedUntil = int(now + claimMs)
local moves = {}
-- Nothing in here opens a closed breaker: one look does for all.
local breakerIsClosed = not redis.call('HGET', breakerKey, 'state')

local function claim(eventKey, payloadKey, generation)
  local record = redis.call('HMGET', eventKey, stateField, 'type', 'source', 'subject', 'time', 'acceptedAt', 'trace',
    'context', 'expiresAt', 'span', replayField, 'large')
  if not record[1] then
    return { 'missing' }
  end
  local state = readState(record[1])
  if isNewer(state) then
    return { 'newer' }
  end
  if state.generation ~= generation then
    return { 'stale' }
  end
  if hasEnded(state) then
    return { 'terminal ' .. state.status .. ' ' .. state.reason }
  end
  local notBefore = tonumber(state.nextAt) or 0
  if notBefore > now then
    return { 'early ' .. int(notBefore - now) }
  end
  local theirsForMs = (tonumber(state.claimedUntil) or 0) - now
  if state.claimant == claimant then
    -- The claims of suspects last longer, and so do those that were made while the target had a longer timeout: their age is
    -- not told by their end.
    local isSuspect = (tonumber(state.crashes) or 0) >= suspectAfter
    if freshMs == 0 or state.process == process or isSuspect or theirsForMs > claimMs then
      theirsForMs = 0
    else
      theirsForMs = theirsForMs - claimMs + freshMs
    end
  end
  if theirsForMs > 0 then
    return { 'early ' .. int(math.min(theirsForMs, CLAIMED_LOOK_MS)) }
  end
  local from = placeOf(state)
  if state.claimedUntil ~= '-' and state.process ~= process then
    state.crashes = int((tonumber(state.crashes) or 0) + 1)
  end
  if suspectAfter > 0 and state.crashes ~= '' and tonumber(state.crashes) >= suspectAfter then
    if state.claimedUntil ~= '-' then
      endClaim(state)
      move(moves, from, placeOf(state))
      redis.call('HSET', eventKey, stateField, writeState(state))
    end
    return { 'suspect ' .. state.crashes }
  end
  -- Who claims reads large data by itself, one at a time.
  local data = record[12] and '' or redis.call('GET', payloadKey)
  if not data then
    return { 'missing' }
  end
  local ageMs = now - (tonumber(state.openedAt) or tonumber(record[6]))
  -- What is too old is handed out to be buried: it needs no leave of the breaker, and must not be its probe.
  local isOver = ageMs > maxAgeMs or (record[9] and tonumber(record[9]) < now)
  if not breakerIsClosed and not isOver then
    local heldMs = breakerAdmit(breakerKey, eventKey .. '/' .. int(state.fence + 1), now, probeMs)
    if heldMs > 0 then
      return { 'held ' .. int(heldMs) }
    end
  end

  state.fence = int(state.fence + 1)
  state.claimedUntil = claimedUntil
  state.claimant = claimant
  state.process = process
  move(moves, from, placeOf(state))
  redis.call('HSET', eventKey, stateField, writeState(state))
  local words = table.concat({ 'claimed', state.fence, state.attempts, state.spent, int(ageMs), record[6], record[7],
    record[10] or '-', record[11] or '-', record[2] }, ' ')
  if record[8] or record[9] then
    local expiresInMs = record[9] and int(tonumber(record[9]) - now) or ''
    return { words, data, record[3], record[4] or '', record[5] or '', record[8] or '', expiresInMs }
  end
  if record[4] or record[5] then
    return { words, data, record[3], record[4] or '', record[5] or '' }
  end
  return { words, data, record[3] }
end

local answers, index = {}, 0
for generation in string.gmatch(ARGV[5], '%S+') do
  index = index + 1
  answers[index] = claim(KEYS[1 + 2 * index], KEYS[2 + 2 * index], generation)
end
applyMoves(backlogKey, moves)
return answers
