--[[
  Notes that a backlog is no longer high, unless it has become so since that was seen.

  Keys
    1 highBacklog  STRING  since when it is high

  Arguments
    1 seenAt  when it was seen to have gone down, ms

  Returns
    1 when it was noted as high until now, else 0

  Guarantees
    Repeating it is harmless.
]]
local since = redis.call('GET', KEYS[1])
if not since or tonumber(since) > tonumber(ARGV[1]) then
  return 0
end
return redis.call('DEL', KEYS[1])
