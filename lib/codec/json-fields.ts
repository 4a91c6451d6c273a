/*
 * Some fields of lines of JSON, without the objects that nobody wants. Lines of one stream look alike: the same names
 * in the same order, other values. So a line is read once by `JSON.parse`, and teaches a pattern that accepts lines of
 * its shape and nothing else: every string, number and word in it is checked to be JSON, and the wanted ones are
 * captured. What fits no pattern (escapes in strings, lists of other lengths) is read by `JSON.parse`, which also says
 * what is no JSON. So the result is the same in every case: that of `JSON.parse`, where the last of two equal names
 * wins.
 */

/** More shapes than this are no shapes: such lines are read by `JSON.parse`. */
const SHAPES_MAX = 8

/** So many lines are looked at before it is judged whether patterns are of use. */
const JUDGED = 1024

/** How a captured text becomes a value. */
type Kind = 'string' | 'number' | 'word' | 'other'

/** Where a field is in a match: its group in the pattern, from 1 on; `null`: lines of this shape lack it. */
type Field = { readonly group: number; readonly kind: Kind } | null

interface LineShape {
  readonly pattern: RegExp
  readonly row: (found: RegExpExecArray) => Row
}

type Row = Readonly<Record<string, unknown>>

/**
 * Gives a function that reads the fields of a line, in the order of `names`; a field that the line lacks is
 * `undefined`. It throws what `JSON.parse` throws, and `null` stands for JSON that is no object.
 */
export function fieldReader(names: readonly string[]): (line: string) => Row | null {
  const shapes: LineShape[] = []
  let [looked, missed] = [0, 0]
  let isLearning = true
  return (line) => {
    for (let i = 0; i < shapes.length; i++) {
      const found = shapes[i].pattern.exec(line)
      if (found === null) continue
      looked++
      // The shape of the last line is most likely that of the next one.
      const shape = shapes[i]
      if (i > 0) [shapes[i], shapes[0]] = [shapes[0], shape]
      return shape.row(found)
    }
    const value = JSON.parse(line) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    if (isLearning) {
      missed++
      if (shapes.length < SHAPES_MAX) learn(line, names, shapes)
      if (looked + missed >= JUDGED) {
        isLearning = missed * 2 < looked + missed
        if (!isLearning) shapes.length = 0
        looked = missed = 0
      }
    }
    return picked(names, value as Row)
  }
}

/** A literal of an object for the wanted fields: one that is put together name by name takes twice as long. */
function rowOf(names: readonly string[], fields: readonly Field[]): LineShape['row'] {
  const texts = fields.map((field, i) => `[${JSON.stringify(names[i])}]:${field ? textOf(field) : 'undefined'}`)
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the names are the program's, written as literals
    return new Function('other', `return (found) => ({${texts.join()}})`)(JSON.parse) as LineShape['row']
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    // Code generation is switched off in this process.
    return (found) => rowFrom(names, (i) => (fields[i] ? valueOf(found[fields[i].group], fields[i].kind) : undefined))
  }
}

function textOf({ group, kind }: NonNullable<Field>): string {
  const text = `found[${group}]`
  switch (kind) {
    case 'string':
      return text
    case 'number':
      return `+${text}`
    case 'word':
      return `${text}==='null'?null:${text}==='true'`
    case 'other':
      return `other(${text})`
  }
}

const picked = (names: readonly string[], value: Row): Row =>
  rowFrom(names, (i) => (Object.hasOwn(value, names[i]) ? value[names[i]] : undefined))

/** A name is one like any other here, even where an assignment would mean something else. */
const rowFrom = (names: readonly string[], valueAt: (i: number) => unknown): Row =>
  Object.fromEntries(names.map((name, i) => [name, valueAt(i)]))

function valueOf(text: string, kind: Kind): unknown {
  switch (kind) {
    case 'string':
      return text
    case 'number':
      return Number(text)
    case 'word':
      return text === 'null' ? null : text === 'true'
    case 'other':
      return JSON.parse(text)
  }
}

// — what a line teaches

function learn(line: string, names: readonly string[], shapes: LineShape[]): void {
  const shape = shapeOf(line, names)
  if (shape && !shapes.some(({ pattern }) => pattern.source === shape.pattern.source)) shapes.unshift(shape)
}

/** `null` where the line has an escape in it, or is so long that a pattern would be. */
function shapeOf(line: string, names: readonly string[]): LineShape | null {
  if (line.includes('\\') || line.length > LEARNT_CHARS_MAX) return null
  const scan = new ShapeScan(line, names)
  return scan.shape()
}

const LEARNT_CHARS_MAX = 16_384

const PATTERNS: Readonly<Record<'string' | 'number' | 'word', string>> = {
  string: String.raw`[^"\\\x00-\x1f]*`,
  number: String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`,
  word: 'true|false|null',
}

/** Walks over a line that is an object of JSON without escapes, and writes down what a line of its shape looks like. */
class ShapeScan {
  readonly #line: string
  readonly #names: readonly string[]
  readonly #wanted = new Map<string, { group: number; kind: Kind }>()
  #at = 0
  #groups = 0

  constructor(line: string, names: readonly string[]) {
    this.#line = line
    this.#names = names
  }

  shape(): LineShape {
    const pattern = this.#space() + this.#object(true) + this.#space()
    return {
      pattern: new RegExp(`^${pattern}$`),
      row: rowOf(
        this.#names,
        this.#names.map((name) => this.#wanted.get(name) ?? null),
      ),
    }
  }

  #object(isTop: boolean): string {
    let pattern = this.#literal(1) + this.#space()
    while (this.#line[this.#at] !== '}') {
      const end = this.#line.indexOf('"', this.#at + 1)
      const name = this.#line.slice(this.#at + 1, end)
      pattern += this.#literal(end + 1 - this.#at) + this.#space() + this.#literal(1) + this.#space()
      pattern += isTop && this.#names.includes(name) ? this.#capture(name) : this.#value().pattern
      pattern += this.#space()
      if (this.#line[this.#at] === ',') pattern += this.#literal(1) + this.#space()
    }
    return pattern + this.#literal(1)
  }

  #list(): string {
    let pattern = this.#literal(1) + this.#space()
    while (this.#line[this.#at] !== ']') {
      pattern += this.#value().pattern + this.#space()
      if (this.#line[this.#at] === ',') pattern += this.#literal(1) + this.#space()
    }
    return pattern + this.#literal(1)
  }

  /** Of two equal names the later one is written down later. */
  #capture(name: string): string {
    const { pattern, kind } = this.#value()
    this.#wanted.set(name, { group: ++this.#groups, kind })
    return kind === 'string' ? `"(${PATTERNS.string})"` : `(${pattern})`
  }

  #value(): { readonly pattern: string; readonly kind: Kind } {
    switch (this.#line[this.#at]) {
      case '"':
        this.#at = this.#line.indexOf('"', this.#at + 1) + 1
        return { pattern: `"${PATTERNS.string}"`, kind: 'string' }
      case '{':
        return { pattern: this.#object(false), kind: 'other' }
      case '[':
        return { pattern: this.#list(), kind: 'other' }
      case 't':
      case 'f':
      case 'n':
        this.#at += this.#line[this.#at] === 'f' ? 5 : 4
        return { pattern: `(?:${PATTERNS.word})`, kind: 'word' }
      default:
        NUMBER.lastIndex = this.#at
        NUMBER.exec(this.#line)
        this.#at = NUMBER.lastIndex
        return { pattern: `(?:${PATTERNS.number})`, kind: 'number' }
    }
  }

  #space(): string {
    const from = this.#at
    while (' \t\n\r'.includes(this.#line[this.#at] ?? 'x')) this.#at++
    return escaped(this.#line.slice(from, this.#at))
  }

  #literal(length: number): string {
    this.#at += length
    return escaped(this.#line.slice(this.#at - length, this.#at))
  }
}

const NUMBER = new RegExp(PATTERNS.number, 'y')

/** Whatever the text is, the pattern means these characters. */
const escaped = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9_]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
