--[[
  Lists outbox entries older than a given age by Redis's clock, oldest first.

  Keys
    1 outbox  ZSET

  Arguments
    1 minAgeMs
    2 limit
    3 offset      so many of the oldest are passed over

  Returns
    {entry…}

  Guarantees
    Reads only.
]]
-- @include now
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', int(nowMs() - tonumber(ARGV[1])), 'LIMIT', tonumber(ARGV[3]), tonumber(ARGV[2]))
