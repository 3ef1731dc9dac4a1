--[[
  Lists the targets that no living process has in its config, and notes since when.

  Keys
    1 known    ZSET  targets by the time at which a process was last known to have them
    2 removed  HASH  targets that none has, by the time this was noticed

  Arguments
    1 silentMs  a target that no process has told of for so long is in no config

  Returns
    {target, sinceMs…}  sinceMs is how long ago it was noticed; 0 for those that this call noticed

  Guarantees
    The time at which a removal was noticed stays until the target is back.
]]
-- @include now
local now = nowMs()
local answer = {}
for _, target in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', int(now - tonumber(ARGV[1])))) do
  local isNew = redis.call('HSETNX', KEYS[2], target, int(now)) == 1
  answer[#answer + 1] = target
  answer[#answer + 1] = isNew and '0' or int(math.max(1, now - tonumber(redis.call('HGET', KEYS[2], target))))
end
return answer
