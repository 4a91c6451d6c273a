import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldReader } from '../../lib/codec/json-fields.ts'
import { type Dice, withSeeds } from '../support/dice.ts'

const NAMES = ['id', 'type', '__proto__', 'a b', 'ß', 'constructor', '1', 'list']

/** What `JSON.parse` says of a line: its fields, `null` for what is no object, `undefined` for what is no JSON. */
function expected(line: string, names: readonly string[]): unknown {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = Object.entries(value)
  return names.map((name) => fields.find(([other]) => other === name)?.[1])
}

function found(
  line: string,
  read: (line: string) => Readonly<Record<string, unknown>> | null,
  names: readonly string[],
) {
  try {
    const row = read(line)
    if (row === null) return null
    assert.deepEqual(Object.keys(row).toSorted(), names.toSorted())
    const entries = new Map(Object.entries(row))
    return names.map((name) => entries.get(name))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const STRINGS = [
  '',
  'view',
  'é',
  '日本',
  '😀',
  '\ud800',
  'a"b',
  'back\\slash',
  'tab\t',
  '\u2028',
  '","id":"x',
  '\u007f',
  '{',
  ']',
]
const NUMBERS = ['0', '-0', '7', '-1.5', '1e3', '2E-7', '1e999', '0.1', '12345678901234567890', '1480000000000']
const SPACES = ['', '', '', ' ', '\t', ' \r\n ']

/** A line of JSON, now and then with its strings written in other ways, and names that come twice. */
function jsonText(dice: Dice, depth: number): string {
  const space = (): string => dice.oneOf(SPACES)
  const text = (value: string): string => (dice.chance(0.1) ? escapedText(value) : JSON.stringify(value))
  switch (depth === 0 ? 5 : dice.below(depth > 2 ? 4 : 6)) {
    case 0:
      return text(dice.oneOf(STRINGS))
    case 1:
      return dice.oneOf(NUMBERS)
    case 2:
      return dice.oneOf(['true', 'false', 'null'])
    case 3:
      return text(dice.oneOf(STRINGS))
    case 4: {
      const items = Array.from({ length: dice.below(4) }, () => space() + jsonText(dice, depth + 1) + space())
      return `[${items.length === 0 ? space() : items.join()}]`
    }
    default: {
      const field = (): string => {
        const name = text(dice.oneOf([...NAMES, 'other']))
        return `${space()}${name}${space()}:${space()}${jsonText(dice, depth + 1)}${space()}`
      }
      const fields = Array.from({ length: dice.below(6) }, field)
      return `{${fields.length === 0 ? space() : fields.join()}}`
    }
  }
}

function escapedText(value: string): string {
  const codes = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i).toString(16).padStart(4, '0'))
  return `"${codes.map((code) => `\\u${code}`).join('')}"`
}

/** The same line with other values of the same kinds, as lines of one stream are. */
const alike = (line: string, dice: Dice): string =>
  line.replaceAll(/"(?:[^"\\]|\\.)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (found, colon?: string) => {
    if (colon !== undefined) return found
    return found.startsWith('"') ? JSON.stringify(dice.oneOf(STRINGS)) : dice.oneOf(NUMBERS)
  })

/** A character changed, left out, doubled, or put in. */
function damaged(line: string, dice: Dice): string {
  const at = dice.below(line.length)
  const other = dice.oneOf(['"', '\\', '{', '}', ',', ':', '0', '.', 'e', '-', '\u0001', '\t', ' ', 'x', '\ufeff'])
  return dice.oneOf([
    line.slice(0, at) + other + line.slice(at + 1),
    line.slice(0, at) + line.slice(at + 1),
    line.slice(0, at) + line[at] + line.slice(at),
    line.slice(0, at) + other + line.slice(at),
    line.slice(0, at),
  ])
}

test('fields are what JSON.parse says they are, and a line is no JSON where it says so', (t) =>
  withSeeds(t, 60, async (dice) => {
    const names = NAMES.filter(() => dice.chance(0.6))
    const read = fieldReader(names)
    for (let i = 0; i < 30; i++) {
      const first = dice.chance(0.9) ? jsonText(dice, 0) : jsonText(dice, 1)
      const lines = [first, ...Array.from({ length: 8 }, () => alike(first, dice))]
      for (const line of lines.flatMap((each) => [each, damaged(each, dice), each]))
        assert.deepEqual(found(line, read, names), expected(line, names), JSON.stringify(line))
    }
  }))

test('what JSON does not allow is refused in lines of a known shape as well', () => {
  const read = fieldReader(['id'])
  const line = (value: string): string => `{"id":${value},"other":${value}}`
  const refused = (value: string): void => assert.throws(() => read(line(value)), SyntaxError, JSON.stringify(value))
  assert.deepEqual(read(line('"ab"')), { id: 'ab' })
  for (let code = 0; code < 0x20; code++) refused(`"a${String.fromCharCode(code)}b"`)
  assert.deepEqual(read(line('"a\x7fb"')), { id: 'a\x7fb' })
  assert.deepEqual(read(line('0')), { id: 0 })
  for (const number of ['01', '-01', '1.', '.5', '1.e3', '1e', '1e+', '-', '--1', '+1', '0x1', '1_0', 'NaN'])
    refused(number)
  assert.deepEqual(read(line('null')), { id: null })
  for (const word of ['nul', 'nulll', 'True', 'undefined', '']) refused(word)
})

test('lines of one shape after the other, in turns, and of more shapes than are kept', () => {
  const names = ['id', 'n']
  const read = fieldReader(names)
  for (let i = 0; i < 5000; i++) {
    const more = Array.from({ length: i % 20 }, (_, k) => `,"f${k}":${i}`).join('')
    const line = `{"id":"${i}"${i % 3 === 0 ? `,"n":${i}.5` : ''}${more}}`
    assert.deepEqual(found(line, read, names), expected(line, names))
  }
})

test('the last of two equal names wins, also in lines of a known shape', () => {
  const read = fieldReader(['id'])
  for (const line of ['{"id":1,"id":"2"}', '{"id":3,"id":"4"}', '{"id":5,"x":{"id":6}}', '{"id":7,"x":{"id":8}}'])
    assert.deepEqual(read(line), { id: JSON.parse(line).id })
})

test('a name is a field and nothing else', () => {
  const read = fieldReader(['__proto__', 'toString'])
  for (const line of ['{"__proto__":{"polluted":true}}', '{"__proto__":{"polluted":false}}']) {
    const row = read(line)!
    assert.deepEqual(Object.keys(row), ['__proto__', 'toString'])
    assert.equal(Object.getPrototypeOf(row), Object.prototype)
    assert.equal((row as { polluted?: unknown }).polluted, undefined)
  }
})

test('a line that is nearly of a known shape costs no more than its length', () => {
  const read = fieldReader(['a'])
  const line = (end: string): string => `{${Array.from({ length: 200 }, (_, i) => `"f${i}":"${'x'.repeat(50)}"`)}${end}`
  read(line(',"a":1}'))
  // A pattern that tried every way to share out these characters would not come back.
  assert.throws(() => read(line(',"a":1,}')), SyntaxError)
  assert.throws(() => read(line(`,"a":${'1'.repeat(5000)}x}`)), SyntaxError)
})
