--[[
  Ends the counting of a bulk replay: it runs.

  Keys
    1 replay  HASH  the bulk replay

  Arguments
    1 matched   how many dead letters its filter takes

  Returns
    1 when it runs now, 0 when it ran already, or is completed or forgotten

  Guarantees
    Who counted for so long that another one counted and went on changes nothing.

  Events
    none.
]]
if redis.call('HGET', KEYS[1], 'status') ~= 'matching' then
  return 0
end
redis.call('HSET', KEYS[1], 'matched', ARGV[1], 'status', 'running')
return 1
