--[[
  Lists settled events whose retention has run out by Redis's clock, oldest first.

  Keys
    1 retention  ZSET

  Arguments
    1 limit

  Returns
    {eventId…}

  Guarantees
    Reads only.
]]
-- @include now
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', int(nowMs()), 'LIMIT', 0, tonumber(ARGV[1]))
