--[[
  Notes that a living process has these targets in its config.

  Keys
    1 known    ZSET  targets by the time at which a process was last known to have them
    2 removed  HASH  targets that none has, by the time this was noticed

  Arguments
    the targets' names

  Returns
    {target…}  those that had been noticed to be removed, and are back

  Guarantees
    Repeating it is harmless.
]]
-- @include now
local now = int(nowMs())
local back = {}
for index = 1, #ARGV do
  redis.call('ZADD', KEYS[1], now, ARGV[index])
  if redis.call('HDEL', KEYS[2], ARGV[index]) == 1 then
    back[#back + 1] = ARGV[index]
  end
end
return back
