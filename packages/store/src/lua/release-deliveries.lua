--[[
  Gives claimed deliveries of one target back unattempted: whoever comes next may take them at once.

  Keys
    1 backlog  HASH  how many deliveries of the target are where
    2 breaker  HASH  the target's circuit breaker: a probe gives its place back, too
    then for each delivery
      event    HASH  the event record

  Arguments
    1 target
    then for each delivery
      fence    of the claim

  Returns
    how many were given back

  Guarantees
    A claim that somebody has taken over since stays theirs; what a newer version wrote stays as it is. Repeating it is harmless.
]]
-- @include now
-- @include delivery-state
-- @include breaker

local backlogKey, breakerKey, target = KEYS[1], KEYS[2], ARGV[1]
local stateField = target .. '/state'
local moves, released, now = {}, 0, nowMs()

for index = 3, #KEYS do
  local text = redis.call('HGET', KEYS[index], stateField)
  local state = text and readState(text)
  if state and not isNewer(state) and state.claimedUntil ~= '-' and state.fence == ARGV[index - 1] then
    local from = placeOf(state)
    endClaim(state)
    move(moves, from, placeOf(state))
    redis.call('HSET', KEYS[index], stateField, writeState(state))
    breakerReport(breakerKey, KEYS[index] .. '/' .. state.fence, 'neutral', now)
    released = released + 1
  end
end
applyMoves(backlogKey, moves)
return released
