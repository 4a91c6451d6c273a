import { types } from 'node:util'
import { own } from '../../model/given.ts'
import { SluiceError } from '../../model/errors.ts'
import { kindOf } from '../../model/settled.ts'

/** A command with its arguments: `['HINCRBY', 'counts', word, 1]`. */
export type RedisCommand = readonly [command: string, ...args: RedisValue[]]
/** What may be an argument of a command; numbers are sent as text. */
export type RedisValue = string | number | bigint | Uint8Array

/** What the script hands to Redis at once. `goesOn`: it is more of the command that the call before it began. */
export interface Call {
  readonly words: readonly Buffer[]
  readonly goesOn: boolean
}

/** What Lua can hand to one call is about 8,000 words; with more the script would end in the middle. */
const CALL_WORDS_MAX = 7_000
/** All calls of a command stand in one script, and a server takes a million words at once. */
const COMMAND_WORDS_MAX = 500_000

/**
 * The calls that do what the command does: one, or several where it takes a list that is longer than one call.
 * `E_SINK_VALUE` for an argument that has no form, and for a longer command that is no list. `record` says whose it
 * is.
 */
export function callsOf(command: RedisCommand, record: string): readonly Call[] {
  if (!Array.isArray(command) || command.length === 0) throw unsendable(record, `a command is ${kindOf(command)}`)
  // A hole is `undefined` here, where `map` would leave it out.
  const words = Array.from(command, (value, i) => wordOf(value, i, command[0], record))
  if (words.length <= CALL_WORDS_MAX) return [{ words, goesOn: false }]
  const list = listOf(command)
  if (list === null || words.length > COMMAND_WORDS_MAX) throw tooLong(command, list === null, record)
  const head = words.slice(0, list.begins)
  const step = CALL_WORDS_MAX - head.length - ((CALL_WORDS_MAX - head.length) % list.unit)
  const calls: Call[] = []
  for (let at = list.begins; at < words.length; at += step)
    calls.push({ words: [...head, ...words.slice(at, at + step)], goesOn: at > list.begins })
  return calls
}

/** Commands that take a list and do the same when they are given a part of it after the other. */
const lists: Readonly<Record<string, { readonly keys: number; readonly unit: number; readonly flags?: string[] }>> = {
  DEL: { keys: 0, unit: 1 },
  UNLINK: { keys: 0, unit: 1 },
  MSET: { keys: 0, unit: 2 },
  SADD: { keys: 1, unit: 1 },
  SREM: { keys: 1, unit: 1 },
  HSET: { keys: 1, unit: 2 },
  HMSET: { keys: 1, unit: 2 },
  HDEL: { keys: 1, unit: 1 },
  ZADD: { keys: 1, unit: 2, flags: ['NX', 'XX', 'GT', 'LT', 'CH'] },
  ZREM: { keys: 1, unit: 1 },
  LPUSH: { keys: 1, unit: 1 },
  RPUSH: { keys: 1, unit: 1 },
  LPUSHX: { keys: 1, unit: 1 },
  RPUSHX: { keys: 1, unit: 1 },
  PFADD: { keys: 1, unit: 1 },
  GEOADD: { keys: 1, unit: 3, flags: ['NX', 'XX', 'CH'] },
  XDEL: { keys: 1, unit: 1 },
  XACK: { keys: 2, unit: 1 },
}

/** Where its list begins, and how many words belong together; `null` where it has none, or one that is not whole. */
function listOf(command: RedisCommand): { readonly begins: number; readonly unit: number } | null {
  const name = String(command[0]).toUpperCase()
  const list = own(lists, name)
  if (list === undefined) return null
  const { keys, unit, flags = [] } = list
  let begins = 1 + keys
  while (flags.includes(String(command[begins]).toUpperCase())) begins++
  return (command.length - begins) % unit === 0 ? { begins, unit } : null
}

const tooLong = ({ length, 0: name }: RedisCommand, isWhole: boolean, record: string): SluiceError =>
  new SluiceError(
    'E_SINK_VALUE',
    `${record}: ${String(name)} has ${length} words; ${isWhole ? CALL_WORDS_MAX : COMMAND_WORDS_MAX} is the most` +
      `${isWhole ? ' for what is no list of members, fields or keys' : ''}.`,
    { did: 'nothing of its partition was sent', next: ['make several commands of it in `commands`'] },
  )

function wordOf(value: RedisValue, at: number, name: unknown, record: string): Buffer {
  if (types.isUint8Array(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const isHalf = typeof value === 'string' && !value.isWellFormed()
  const isText = typeof value === 'string' && !isHalf
  if (isText || typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value)))
    return Buffer.from(String(value))
  const what = isHalf ? 'text with half a surrogate pair' : typeof value === 'number' ? String(value) : kindOf(value)
  throw unsendable(record, `${at === 0 ? 'the name of a command' : `argument ${at} of ${String(name)}`} is ${what}`)
}

const unsendable = (record: string, what: string): SluiceError =>
  new SluiceError('E_SINK_VALUE', `${record}: ${what}.`, {
    did: 'nothing of its partition was sent',
    next: ['use strings, finite numbers, bigints or bytes; make anything else a string in `commands`'],
  })
