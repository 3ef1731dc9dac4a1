-- Redis's own clock, in whole milliseconds: one clock for every process, however skewed theirs are.
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lua would write 1.7e+12 for a large number. (Formatting a float costs more than most commands: only what is not a string yet.)
local function int(number)
  return string.format('%d', number)
end
