--[[
  Tells the time by Redis's clock.

  Keys
    1 any  not touched: where there are several Redis servers, it says whose clock is asked

  Arguments
    none

  Returns
    milliseconds since 1970

  Guarantees
    Reads only.
]]
-- @include now
return int(nowMs())
