-- The circuit breaker of a target; the same machine as packages/domain/src/breaker.ts, where it is explained.
-- One HASH: state ('open' | 'half-open', absent when closed), until, probe, and per slice of the window 's<index>' and 'f<index>'.
-- Every function takes the time, so that a test can feed it a history.
local BREAKER_BUCKETS = 10
local PROBE_LOOK_MS = 250

-- May this delivery be attempted? Returns 0, or for how many milliseconds it is held.
local function breakerAdmit(key, claim, now, probeMs)
  local held = redis.call('HMGET', key, 'state', 'until')
  local state, untilMs = held[1], tonumber(held[2] or 0)
  if not state then
    return 0
  end
  if now < untilMs then
    if state == 'open' then
      return untilMs - now
    end
    return math.min(PROBE_LOOK_MS, untilMs - now)
  end
  redis.call('HSET', key, 'state', 'half-open', 'probe', claim, 'until', int(now + probeMs))
  return 0
end

-- Whether the window has left a slice behind, or it was counted by a window of another length: its index is of another scale.
local function breakerHasLeft(slice, index)
  return slice <= index - BREAKER_BUCKETS or slice > index + 1
end

-- Forgets slices that are none of the window's.
local function breakerPrune(key, index)
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local slice = tonumber(string.sub(field, 2))
    if slice and breakerHasLeft(slice, index) then
      redis.call('HDEL', key, field)
    end
  end
end

-- Counts attempts that succeeded while it is closed.
local function breakerSucceeded(key, count, now, windowMs)
  local bucketMs = math.max(1, math.floor(windowMs / BREAKER_BUCKETS))
  local index = math.floor(now / bucketMs)
  -- What a slice counted is needed for as long as the window after it: its first count sets the time.
  if redis.call('HINCRBY', key, 's' .. int(index), count) == count then
    redis.call('PEXPIRE', key, int(windowMs + 2 * bucketMs))
    breakerPrune(key, index)
  end
end

-- Takes an attempt's report: signal is 'succeeded', 'failed' or 'neutral'. Returns 'opened', 'closed' or '' for no change.
local function breakerReport(key, claim, signal, now, failureRate, minimumAttempts, windowMs, openMs)
  local held = redis.call('HMGET', key, 'state', 'probe')
  local state = held[1]
  if state == 'open' then
    return ''
  end
  if state == 'half-open' then
    if held[2] ~= claim then
      return ''
    end
    if signal == 'succeeded' then
      redis.call('DEL', key)
      return 'closed'
    end
    if signal == 'neutral' then
      redis.call('HSET', key, 'until', int(now))
      return ''
    end
    redis.call('HDEL', key, 'probe', 'failed', 'attempts')
    redis.call('HSET', key, 'state', 'open', 'until', int(now + openMs), 'since', int(now))
    return 'opened'
  end
  if signal == 'neutral' then
    return ''
  end
  if signal == 'succeeded' then
    breakerSucceeded(key, 1, now, windowMs)
    return ''
  end

  local bucketMs = math.max(1, math.floor(windowMs / BREAKER_BUCKETS))
  local index = math.floor(now / bucketMs)
  redis.call('HINCRBY', key, 'f' .. int(index), 1)
  redis.call('PEXPIRE', key, int(windowMs + 2 * bucketMs))

  local failed, attempts = 0, 0
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    local kind, slice = string.sub(fields[at], 1, 1), tonumber(string.sub(fields[at], 2))
    if slice then
      if breakerHasLeft(slice, index) then
        redis.call('HDEL', key, fields[at])
      else
        attempts = attempts + tonumber(fields[at + 1])
        if kind == 'f' then
          failed = failed + tonumber(fields[at + 1])
        end
      end
    end
  end
  if attempts >= minimumAttempts and failed >= failureRate * attempts then
    redis.call('DEL', key)
    redis.call('HSET', key, 'state', 'open', 'until', int(now + openMs), 'since', int(now),
      'failed', failed, 'attempts', attempts)
    return 'opened'
  end
  return ''
end
