-- The state of one delivery: one field of the event record, '<target>/state', its words in this order, '-' where there is nothing.
-- One short field instead of a dozen: a waiting delivery stays small (a listpack, values up to 64 bytes), and one read
-- and one write move it.
--   status       pending | retrying | deferred | delivered | dead | discarded | cancelled
--   generation   1, and one more with each replay
--   fence        number of the latest claim
--   attempts     recorded over all generations
--   spent        those that counted in this generation
--   settledFence fence of the claim whose settlement is in force
--   nextAt       when it may be attempted again
--   endedAt      when it was delivered, died, was discarded or cancelled
--   openedAt     when this generation began; '-' for the first, which began with the event unless that was put off
--   claimedUntil   while it is claimed: nobody but its claimant may take it before
--   claimant     who claimed it
--   reason       why it is dead
-- and, left out where there is nothing to tell:
--   process      whose claim it is: its latest start, so that a process that lives is not taken for a crashed one
--   crashes      processes in a row that ended with this delivery in hand
--   version      of whoever wrote it; left out by version 1, and then every word before it is there
-- What a newer version adds comes behind; what is here keeps its place and its meaning.
local STATE_PATTERN = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) ?(%S*) ?(%S*) ?(%S*)'
local RECORD_VERSION = @RECORD_VERSION@
local NO_CRASHES = '0'
-- What ends the state of a delivery that nobody has claimed yet.
local FRESH_END = RECORD_VERSION > 1 and ' - ' .. NO_CRASHES .. ' ' .. RECORD_VERSION or ''
local FRESH_STATE = 'pending 1 0 0 0 0 - - - - - -' .. FRESH_END

-- Every word stays a string: turning numbers into text and back would be most of a script's time.
local function readState(text)
  local state = {}
  state.status, state.generation, state.fence, state.attempts, state.spent, state.settledFence, state.nextAt, state.endedAt,
    state.openedAt, state.claimedUntil, state.claimant, state.reason, state.process, state.crashes, state.version =
    string.match(text, STATE_PATTERN)
  return state
end

-- It may mean what is not known here: whoever meets it leaves it as it is.
local function isNewer(s)
  return s.version ~= '' and (tonumber(s.version) or math.huge) > RECORD_VERSION
end

local function writeState(s)
  local words = { s.status, s.generation, s.fence, s.attempts, s.spent, s.settledFence, s.nextAt, s.endedAt,
    s.openedAt, s.claimedUntil, s.claimant, s.reason }
  if RECORD_VERSION > 1 then
    words[13], words[14] = s.process == '' and '-' or s.process, s.crashes == '' and NO_CRASHES or s.crashes
    words[15] = RECORD_VERSION
  elseif s.crashes ~= '' then
    words[13], words[14] = s.process == '' and '-' or s.process, s.crashes
  elseif s.process ~= '' then
    words[13] = s.process
  end
  return table.concat(words, ' ')
end

-- The claim is over, however it ended.
local function endClaim(s)
  s.claimedUntil, s.claimant, s.process = '-', '-', ''
end

local function hasEnded(s)
  return s.status ~= 'pending' and s.status ~= 'retrying' and s.status ~= 'deferred'
end

-- Where a delivery counts in its target's backlog; nil when it has ended.
local function placeOf(s)
  if hasEnded(s) then
    return nil
  elseif s.claimedUntil ~= '-' then
    return 'inFlight'
  elseif s.status == 'pending' and s.nextAt == '-' then
    return 'waiting'
  end
  return 'delayed'
end

-- Notes in `moves` that a delivery went from one place to another.
local function move(moves, from, to)
  if from == to then
    return
  end
  if from then
    moves[from] = (moves[from] or 0) - 1
  end
  if to then
    moves[to] = (moves[to] or 0) + 1
  end
end

local function applyMoves(backlogKey, moves)
  for place, count in pairs(moves) do
    if count ~= 0 then
      redis.call('HINCRBY', backlogKey, place, count)
    end
  end
end
