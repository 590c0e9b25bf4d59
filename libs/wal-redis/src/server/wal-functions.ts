/** Raised with every change of {@link WAL_FUNCTIONS}; a server with an older library gets this one. */
export const WAL_FUNCTIONS_VERSION = 4;

/**
 * What runs inside the server. Errors begin with a word of their own: `LOST` (what is there is not what was), `FENCED`,
 * `POSITION n` (the last entry is at n), `EPOCH n` (n is open already). Everything is checked before anything is written,
 * since a function that fails half way is not rolled back.
 */
export const WAL_FUNCTIONS = `#!lua name=intendant_wal

-- 'tostring' would write large numbers with an exponent
local function text(number) return string.format('%.0f', number) end

local function parts(id)
  local position, claim = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(position), tonumber(claim)
end

local function before(left, right)
  local position, claim = parts(left)
  local other_position, other_claim = parts(right)
  if position ~= other_position then return position < other_position end
  return claim < other_claim
end

local function lost(finding) return redis.error_reply('LOST ' .. finding) end

local function last_id(key)
  local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  return newest[1] and newest[1][1] or '0-0'
end

-- says what is gone where the last frame is at 'last' and one was at 'known', of what was not dropped before 'kept'
local function gone(last, known, kept)
  if not before(last, known) then return '' end
  local position = parts(last)
  local upto = parts(known)
  local first = math.max(position + 1, (parts(kept)))
  if first > upto then return ': claims behind position ' .. text(position) .. ' are lost' end
  return ': positions ' .. text(first) .. ' to ' .. text(upto) .. ' are lost'
end

-- the partition as it is, or an error when it is not as this library left it
local function partition(keys, log_id)
  local found = redis.call('HGET', keys[1], 'logId')
  if found ~= log_id then return nil, lost('the log is ' .. (found or 'gone') .. ', it was ' .. log_id) end
  local fields = redis.call('HMGET', keys[3], 'epoch', 'nonce', 'position', 'last', 'trimmed', 'dropped')
  local number = string.match(keys[3], ':(%d+):head$')
  if not fields[1] and redis.call('HEXISTS', keys[1], 'begun:' .. number) == 1 then
    return nil, lost('its head is gone')
  end
  local head = { number = number, epoch = tonumber(fields[1] or '0'), nonce = fields[2],
    position = tonumber(fields[3] or '0'), last = fields[4] or '0-0', trimmed = fields[5] or '0-0',
    dropped = fields[6] or '0-0', seen = last_id(keys[4]) }
  local last = last_id(keys[2])
  if last ~= head.last then
    return nil, lost('the last frame is at ' .. last .. ', it was at ' .. head.last .. gone(last, head.last, head.trimmed))
  end
  if before(last, head.seen) then
    return nil, lost('the last frame is at ' .. last .. ', readers were shown ' .. head.seen .. gone(last, head.seen, head.trimmed))
  end
  return head
end

local function show(keys, id) redis.call('XADD', keys[4], 'MAXLEN', '=', 1, id, 's', '') end

redis.register_function{ function_name = 'intendant_wal_version', flags = { 'no-writes' },
  callback = function() return ${WAL_FUNCTIONS_VERSION} end }

-- keys: meta; args: id, partition count, format -> what the log has of these
redis.register_function('intendant_wal_create', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then
    redis.call('HSET', keys[1], 'logId', args[1], 'partitionCount', args[2], 'format', args[3])
  end
  return redis.call('HMGET', keys[1], 'logId', 'partitionCount', 'format')
end)

-- args: log, epoch, nonce, '1' to show it to readers at once, frame -> place of the claim
redis.register_function('intendant_wal_claim', function(keys, args)
  local head, problem = partition(keys, args[1])
  if problem then return problem end
  if tonumber(args[2]) <= head.epoch then return redis.error_reply('EPOCH ' .. text(head.epoch)) end
  local _, claims = parts(head.last)
  local id = text(head.position) .. '-' .. text(claims + 1)
  redis.call('XADD', keys[2], id, 'f', args[5])
  redis.call('HSET', keys[3], 'epoch', args[2], 'nonce', args[3], 'position', text(head.position), 'last', id)
  redis.call('HSET', keys[1], 'begun:' .. head.number, '1')
  if args[4] == '1' then show(keys, id) end
  return id
end)

-- args: log, epoch, nonce, '1' to show them to readers at once, position of the first, frames -> place before the first
redis.register_function('intendant_wal_append', function(keys, args)
  local head, problem = partition(keys, args[1])
  if problem then return problem end
  local epoch = tonumber(args[2])
  if head.epoch < epoch then return lost('its epoch is ' .. text(head.epoch) .. ', ' .. args[2] .. ' was claimed') end
  if head.epoch ~= epoch or head.nonce ~= args[3] then return redis.error_reply('FENCED epoch is ' .. text(head.epoch)) end
  local first = tonumber(args[5])
  if first ~= head.position + 1 then return redis.error_reply('POSITION ' .. text(head.position)) end
  for i = 6, #args do redis.call('XADD', keys[2], text(first + i - 6) .. '-0', 'f', args[i]) end
  local position = text(first + #args - 6)
  redis.call('HSET', keys[3], 'position', position, 'last', position .. '-0')
  if args[4] == '1' then show(keys, position .. '-0') end
  return head.last
end)

-- args: log, place -> 1 when readers see it from now on
redis.register_function('intendant_wal_show', function(keys, args)
  local head, problem = partition(keys, args[1])
  if problem then return problem end
  if before(head.last, args[2]) then
    return lost('the last frame is at ' .. head.last .. ', ' .. args[2] .. ' was written' .. gone(head.last, args[2], head.trimmed))
  end
  if before(head.seen, args[2]) then show(keys, args[2]) end
  return 1
end)

-- args: log, place to start from as XRANGE takes it, limit (0: none), '1' for frames that are not shown yet, too
-- -> last place seen, first place kept, frames, last place dropped
redis.register_function{ function_name = 'intendant_wal_read', flags = { 'no-writes' }, callback = function(keys, args)
  local head, problem = partition(keys, args[1])
  if problem then return problem end
  -- COUNT 0 answers nil
  local frames = redis.call('XRANGE', keys[2], args[2], args[4] == '1' and head.last or head.seen, 'COUNT', args[3]) or {}
  return { head.seen, head.trimmed, frames, head.dropped }
end }

-- args: log, first place to keep, most positions to drop in one call -> first place kept, 1 when that is all
redis.register_function('intendant_wal_trim', function(keys, args)
  local head, problem = partition(keys, args[1])
  if problem then return problem end
  local target = before(head.seen, args[2]) and head.seen or args[2]
  local oldest = redis.call('XRANGE', keys[2], '-', '+', 'COUNT', 1)
  if not oldest[1] or not before(oldest[1][1], target) then return { head.trimmed, 1 } end
  local reach = text(parts(oldest[1][1]) + tonumber(args[3])) .. '-0'
  local kept = before(reach, target) and reach or target
  local dropped = redis.call('XREVRANGE', keys[2], '(' .. kept, '-', 'COUNT', 1)[1][1]
  redis.call('XTRIM', keys[2], 'MINID', '=', kept)
  redis.call('HSET', keys[3], 'trimmed', kept, 'dropped', dropped)
  return { kept, kept == target and 1 or 0 }
end)
`;
