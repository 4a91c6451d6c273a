/**
 * Runs commands of one partition behind its fence, as one step that no other client can see the middle of.
 *
 * KEYS: the fence, a hash of `batch` (the last one begun), `done` (how many commands of it were applied) and `whole` (1
 * when that was all). ARGV: batch, number of commands of the batch before these, whether these are the last, count of
 * commands, length of each, then all their words. Answers `ok`, `newer` with the last batch, or `refused` with the
 * index in the batch of a command that failed, and why.
 *
 * Redis does not undo what came before a command that fails, so `done` keeps how far it got: the next attempt goes on
 * there.
 */
export const fencedCommands = `
local batch, from, last, count = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'batch', 'done', 'whole')
local current, done = tonumber(kept[1] or '-1'), 0
if current > batch then return {'newer', tostring(current)} end
if current == batch then
  if kept[3] == '1' then return {'ok'} end
  done = tonumber(kept[2])
end
local at = 5 + count
for i = 1, count do
  local length = tonumber(ARGV[4 + i])
  if from + i > done then
    local words = {}
    for j = 1, length do words[j] = ARGV[at + j - 1] end
    local answer = redis.pcall(unpack(words))
    if type(answer) == 'table' and answer.err then
      redis.call('HSET', KEYS[1], 'batch', batch, 'done', from + i - 1, 'whole', '0')
      return {'refused', tostring(from + i - 1), answer.err}
    end
  end
  at = at + length
end
redis.call('HSET', KEYS[1], 'batch', batch, 'done', math.max(done, from + count), 'whole', last)
return {'ok'}
`
