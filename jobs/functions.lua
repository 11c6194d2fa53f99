#!lua name=hardpan_queue_1
-- The queue's six functions; contracts in jobs/broker.py. The clock is Redis TIME in ms, no function mints an attempt,
-- all KEYS belong to one node, everything is checked before anything is written (there is no rollback).

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function record(index, uid)
  local raw = redis.call('HGET', index, uid)
  if not raw then return nil end
  local attempt, state, priority, entry, boot = raw:match('^(%d+)|(%a+)|([012])|([^|]*)|(.*)$')
  -- The node may write here: what it spoiled counts as lost, and is placed again.
  if not attempt then return nil end
  return { attempt = tonumber(attempt), state = state, priority = tonumber(priority), entry = entry, boot = boot }
end

local function store(index, uid, r)
  redis.call('HSET', index, uid, table.concat({ r.attempt, r.state, r.priority, r.entry, r.boot }, '|'))
end

local function drop(queue, entry)
  if entry == '' then return end
  redis.call('XACK', queue, 'r', entry)
  redis.call('XDEL', queue, entry)
end

-- After a loss the first entry and the groups come back in one step, so that no runner finds one without the other.
local function make_groups(keys)
  for i = 1, 3 do
    if redis.call('EXISTS', keys[i]) == 0 then redis.call('XGROUP', 'CREATE', keys[i], 'r', '0', 'MKSTREAM') end
  end
end

-- KEYS q0 q1 q2 idx lease, ARGV uid attempt priority envelope
local function enqueue(keys, args)
  local uid, attempt, priority = args[1], tonumber(args[2]), tonumber(args[3])
  local index, lease = keys[4], keys[5]
  local old = record(index, uid)
  if old and old.attempt > attempt then return { -1, old.attempt } end
  if old and old.attempt == attempt then return { 0, old.attempt, old.state } end
  if old then
    drop(keys[old.priority + 1], old.entry)
    redis.call('ZREM', lease, uid)
  end
  make_groups(keys)
  local id = redis.call('XADD', keys[priority + 1], '*', 'u', uid, 'a', attempt, 'j', args[4])
  store(index, uid, { attempt = attempt, state = 'queued', priority = priority, entry = id, boot = '' })
  return { 1, id }
end

-- KEYS idx lease, ARGV uid attempt boot ttl_ms takeover
local function start(keys, args)
  local uid, attempt, boot = args[1], tonumber(args[2]), args[3]
  local r = record(keys[1], uid)
  if not r or r.attempt ~= attempt then return redis.error_reply('STALE fence') end
  if r.state == 'done' then return redis.error_reply('DONE already') end
  if r.state == 'leased' and r.boot ~= boot and args[5] ~= '1' then
    local ends = tonumber(redis.call('ZSCORE', keys[2], uid) or 0)
    if ends > now_ms() then return redis.error_reply('HELD by another runner') end
  end
  r.state, r.boot = 'leased', boot
  store(keys[1], uid, r)
  redis.call('ZADD', keys[2], now_ms() + tonumber(args[4]), uid)
  return 1
end

-- KEYS idx lease, ARGV boot ttl_ms (uid attempt)*
local function renew(keys, args)
  local stop, ends = {}, now_ms() + tonumber(args[2])
  for i = 3, #args, 2 do
    local r = record(keys[1], args[i])
    if r and r.attempt == tonumber(args[i + 1]) and r.state == 'leased' and r.boot == args[1] then
      redis.call('ZADD', keys[2], ends, args[i])
    else
      stop[#stop + 1] = args[i]
    end
  end
  return stop
end

-- KEYS q idx lease ev, ARGV uid attempt boot entry event
local function finish(keys, args)
  local uid, attempt = args[1], tonumber(args[2])
  local r = record(keys[2], uid)
  if not r or r.attempt ~= attempt then return redis.error_reply('STALE fence') end
  -- Placed anew while it ran, after a loss: nobody else has it, and its new entry would only come again.
  local anew = r.state == 'queued'
  if not anew and r.boot ~= args[3] then return redis.error_reply('STALE fence') end
  drop(keys[1], args[4])
  if anew then drop(keys[1], r.entry) end
  redis.call('ZREM', keys[3], uid)
  r.state, r.entry = 'done', ''
  store(keys[2], uid, r)
  return redis.call('XADD', keys[4], '*', 'u', uid, 'a', attempt, 'e', args[5])
end

-- KEYS q0 q1 q2 idx lease ctl, ARGV uid attempt
local function cancel(keys, args)
  local uid, attempt = args[1], tonumber(args[2])
  local r = record(keys[4], uid)
  if not r or r.attempt ~= attempt or r.state == 'done' then return 'GONE' end
  if r.state == 'queued' then
    drop(keys[r.priority + 1], r.entry)
    redis.call('HDEL', keys[4], uid)
    redis.call('ZREM', keys[5], uid)
    return 'REMOVED'
  end
  redis.call('XADD', keys[6], 'MAXLEN', '~', 1000, '*', 'u', uid, 'a', attempt)
  return 'SIGNALLED'
end

-- KEYS idx ev, ARGV (event-id uid attempt)*
local function settle(keys, args)
  for i = 1, #args, 3 do
    redis.call('XDEL', keys[2], args[i])
    local r = record(keys[1], args[i + 1])
    if r and r.attempt == tonumber(args[i + 2]) and r.state == 'done' then redis.call('HDEL', keys[1], args[i + 1]) end
  end
  return #args / 3
end

redis.register_function('nq1_enqueue', enqueue)
redis.register_function('nq1_start', start)
redis.register_function('nq1_renew', renew)
redis.register_function('nq1_finish', finish)
-- What frees memory must work when there is none left.
redis.register_function { function_name = 'nq1_cancel', callback = cancel, flags = { 'allow-oom' } }
redis.register_function { function_name = 'nq1_settle', callback = settle, flags = { 'allow-oom' } }
