--[[
  Notes a bulk replay that any producer may then carry out. Ids are not used twice.

  Keys
    1 replay      HASH  the bulk replay
    2 openReplays SET   those not yet completed

  Arguments
    1 replayId   2 filter, JSON   3 keptMs

  Returns
    {'created'}

  Guarantees
    1. It is on the list of open ones with its record, or not at all.
    2. Repeating it changes nothing: what was counted stays counted, and what was completed stays completed.

  Events
    none.
]]
-- @include now

if redis.call('EXISTS', KEYS[1]) == 1 then
  return { 'created' }
end
redis.call('HSET', KEYS[1], 'version', @RECORD_VERSION@, 'status', 'matching', 'filter', ARGV[2], 'startedAt', int(nowMs()), 'matched', 0,
  'replayed', 0, 'failed', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SADD', KEYS[2], ARGV[1])
return { 'created' }
