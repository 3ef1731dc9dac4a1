--[[
  Takes a delivery for an attempt and hands out all the attempt needs, in one round trip.

  Keys
    1 event    HASH    the event record
    2 payload  STRING  the event's data
    3 breaker  HASH    the target's circuit breaker

  Arguments
    1 target
    2 generation
    3 eventId
    4 probeMs     how long a probe of the half-open breaker may take to report

  Returns
    {'claimed', fence, attempts, spent, ageMs, type, source, subject, time, acceptedAt, trace, data}
      fence     number of this claim; a settlement shows it, so that a superseded worker is known
      attempts  attempts recorded over all generations
      spent     attempts that counted in this generation
      ageMs     since this generation began
    {'missing'}                   no such event or delivery
    {'stale', generation}         a replay has started a later generation
    {'terminal', status, reason}  nothing left to do; reason is '' unless dead
    {'early', remainingMs}        its next attempt is not due yet
    {'held', forMs}               the breaker lets nothing through for so long

  Guarantees
    Repeating it is harmless: it moves nothing but the fence, and the place of a probe.
]]
-- @include now
-- @include breaker

local eventKey, payloadKey, breakerKey = KEYS[1], KEYS[2], KEYS[3]
local target, generation = ARGV[1], tonumber(ARGV[2])

local state = redis.call('HMGET', eventKey, target .. '/status', target .. '/generation', target .. '/nextAt',
  target .. '/attempts', target .. '/spent', target .. '/openedAt', target .. '/reason',
  'type', 'source', 'subject', 'time', 'acceptedAt', 'trace', target .. '/fence')
local status = state[1]
if not status then
  return { 'missing' }
end
local current = tonumber(state[2] or 1)
if current ~= generation then
  return { 'stale', int(current) }
end
if status == 'delivered' or status == 'dead' or status == 'discarded' then
  return { 'terminal', status, state[7] or '' }
end
local now = nowMs()
local nextAt = tonumber(state[3] or 0)
if nextAt > now then
  return { 'early', int(nextAt - now) }
end
local data = redis.call('GET', payloadKey)
if not data then
  return { 'missing' }
end
local heldMs = breakerAdmit(breakerKey, ARGV[3] .. '/' .. int(tonumber(state[14] or 0) + 1), now, tonumber(ARGV[4]))
if heldMs > 0 then
  return { 'held', int(heldMs) }
end
local fence = redis.call('HINCRBY', eventKey, target .. '/fence', 1)
local openedAt = tonumber(state[6] or state[12])
return { 'claimed', int(fence), state[4] or '0', state[5] or '0', int(now - openedAt),
  state[8], state[9], state[10] or '', state[11], state[12], state[13], data }
