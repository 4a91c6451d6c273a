import { types } from 'node:util'
import { type ErrorFacts, SluiceError } from '../model/errors.ts'
import type { ByteWriter } from './bytes.ts'
import { classCodecOf, type NamedClassCodec } from './class-codec.ts'
import { instanceOf, unreadable } from './form.ts'
import {
  DEPTH_MAX,
  MEMORY_TYPES,
  TAG_ARRAY,
  TAG_ASCII,
  TAG_BIGINT,
  TAG_CLASS,
  TAG_DATE,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_INT,
  TAG_MAP,
  TAG_MEMORY,
  TAG_NULL,
  TAG_NULL_OBJECT,
  TAG_OBJECT,
  TAG_SET,
  TAG_SPARSE_ARRAY,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_UTF16,
  TAG_UTF8,
} from './tags.ts'

/**
 * Appends one value so that `readValue` gives back an equal one: `undefined`, NaN, -0, bigints, dates, maps, sets,
 * bytes, holes and an own `__proto__` included. What is not kept: symbol and non-enumerable properties, names on
 * arrays, and that two places held the same object.
 *
 * `path` names the value in errors, which say where inside it the trouble is, as in `orders[3].onDone`:
 * `E_NOT_SERIALISABLE` for functions, symbols, promises, proxies, getters that throw, and instances of classes without
 * a codec; `E_CIRCULAR`; `E_DEPTH` below 200 levels; `E_VALUE` for an invalid date.
 */
export function writeValue(w: ByteWriter, value: unknown, path: string = 'value'): void {
  if (!writePrimitive(w, value)) new ValueWriter(w, () => path).write(value)
}

/** Writes many values, one after the other, with the trail to where it is for errors. */
export class ValueWriter {
  private readonly w: ByteWriter
  private readonly root: () => string
  private readonly depthAtRoot: number
  private readonly ancestors: unknown[] = []
  /** How to get from each ancestor to the next: `.name` or `[index]`. */
  private readonly trail: (string | number)[] = []
  private depth = 0

  /** `root` says where the value being written is; it is asked only when something is wrong. */
  constructor(w: ByteWriter, root: () => string, depthAtRoot: number = 0) {
    this.w = w
    this.root = root
    this.depthAtRoot = depthAtRoot
  }

  write(value: unknown): void {
    if (writePrimitive(this.w, value)) return
    this.depth = 0
    try {
      this.structure(value)
    } catch (error) {
      if (error instanceof SluiceError) throw error
      throw this.refusal(this.depth, unreadable(error), { cause: error })
    }
  }

  private any(value: unknown): void {
    if (!writePrimitive(this.w, value)) this.structure(value)
  }

  private structure(value: unknown): void {
    if (typeof value === 'function') throw this.refusal(this.depth, 'is a function')
    if (typeof value === 'symbol') throw this.refusal(this.depth, 'is a symbol')
    if (types.isProxy(value)) throw this.refusal(this.depth, 'is a Proxy')
    this.enter(value)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Array.prototype) this.array(value as unknown[])
    else if (prototype === Object.prototype) this.object(TAG_OBJECT, value as Record<string, unknown>)
    else if (prototype === null) this.object(TAG_NULL_OBJECT, value as Record<string, unknown>)
    else this.builtIn(value as object, prototype)
    this.depth--
  }

  private enter(value: unknown): void {
    for (let i = 0; i < this.depth; i++) if (this.ancestors[i] === value) throw this.circular(i)
    if (this.depth + this.depthAtRoot >= DEPTH_MAX) throw this.tooDeep()
    this.ancestors[this.depth++] = value
  }

  private array(array: unknown[]): void {
    if (hasHoles(array)) return this.sparseArray(array)
    this.w.u8(TAG_ARRAY)
    this.w.varint(array.length)
    for (let i = 0; i < array.length; i++) {
      this.trail[this.depth - 1] = i
      this.any(array[i])
    }
  }

  private sparseArray(array: unknown[]): void {
    const indices = Object.keys(array).filter(isIndex)
    this.w.u8(TAG_SPARSE_ARRAY)
    this.w.varint(array.length)
    this.w.varint(indices.length)
    for (const index of indices) {
      this.w.varint(Number(index))
      this.trail[this.depth - 1] = Number(index)
      this.any(array[Number(index)])
    }
  }

  private object(tag: number, object: Record<string, unknown>): void {
    const names = Object.keys(object)
    this.w.u8(tag)
    this.w.varint(names.length)
    for (const name of names) {
      writeText(this.w, name)
      this.trail[this.depth - 1] = name
      this.any(object[name])
    }
  }

  private builtIn(value: object, prototype: unknown): void {
    if (prototype === Date.prototype) return this.date(value as Date)
    if (prototype === Map.prototype) return this.map(value as Map<unknown, unknown>)
    if (prototype === Set.prototype) return this.set(value as Set<unknown>)
    const memory = memoryTypes.get(prototype)
    if (memory !== undefined) return this.memory(memory, value as ArrayBuffer | ArrayBufferView)
    const named = classCodecOf(prototype)
    if (named !== undefined) return this.instance(named, value)
    throw this.refusal(this.depth - 1, `is ${instanceOf(prototype)}`, {
      next: ['map it to plain data first', 'register a codec for the class'],
    })
  }

  private date(date: Date): void {
    const time = date.getTime()
    if (Number.isNaN(time))
      throw new SluiceError('E_VALUE', `${this.path(this.depth - 1)} is an invalid Date.`, this.facts(this.depth - 1))
    this.w.u8(TAG_DATE)
    this.w.f64(time)
  }

  private map(map: Map<unknown, unknown>): void {
    this.w.u8(TAG_MAP)
    this.w.varint(map.size)
    let index = 0
    for (const [key, value] of map) {
      this.trail[this.depth - 1] = index++
      this.any(key)
      this.any(value)
    }
  }

  private set(set: Set<unknown>): void {
    this.w.u8(TAG_SET)
    this.w.varint(set.size)
    let index = 0
    for (const value of set) {
      this.trail[this.depth - 1] = index++
      this.any(value)
    }
  }

  private memory(type: number, value: ArrayBuffer | ArrayBufferView): void {
    this.w.u8(TAG_MEMORY)
    this.w.u8(type)
    this.w.varint(value.byteLength)
    this.w.memory(value instanceof ArrayBuffer ? new Uint8Array(value) : value)
  }

  private instance({ name, codec }: NamedClassCodec, value: unknown): void {
    this.w.u8(TAG_CLASS)
    writeText(this.w, name)
    this.trail[this.depth - 1] = ''
    this.any(codec.encode(value))
  }

  /** Where the step number `steps` of the trail leads. */
  private path(steps: number): string {
    return this.trail.slice(0, steps).reduce<string>(pathTo, this.root())
  }

  private facts(steps: number): ErrorFacts {
    return { where: { detail: this.path(steps) }, did: 'nothing was written' }
  }

  private refusal(steps: number, why: string, facts: ErrorFacts = {}): SluiceError {
    const message = `${this.path(steps)} ${why} and cannot be stored or sent.`
    return new SluiceError('E_NOT_SERIALISABLE', message, {
      next: ['map it to plain data first'],
      ...facts,
      ...this.facts(steps),
    })
  }

  private circular(ancestor: number): SluiceError {
    const message =
      `${this.path(this.depth)} is ${this.path(ancestor)} ` + 'again: circular values cannot be stored or sent.'
    return new SluiceError('E_CIRCULAR', message, this.facts(this.depth))
  }

  private tooDeep(): SluiceError {
    const message = `A value is nested deeper than ${DEPTH_MAX} levels, from ${this.path(STEPS_SHOWN)} on.`
    return new SluiceError('E_DEPTH', message, this.facts(STEPS_SHOWN))
  }
}

/** Enough of a very deep path to recognise it. */
const STEPS_SHOWN = 8

/** `base.name`, `base["odd name"]` or `base[3]`. */
export function pathTo(base: string, step: string | number): string {
  if (typeof step === 'number') return `${base}[${step}]`
  if (step === '') return base
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step)) return `${base}[${JSON.stringify(step)}]`
  return base === '' ? step : `${base}.${step}`
}

/** Whether `value` was a primitive, and written. Symbols are not. */
function writePrimitive(w: ByteWriter, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      writeText(w, value)
      return true
    case 'number':
      writeNumber(w, value)
      return true
    case 'boolean':
      w.u8(value ? TAG_TRUE : TAG_FALSE)
      return true
    case 'undefined':
      w.u8(TAG_UNDEFINED)
      return true
    case 'bigint':
      writeBigint(w, value)
      return true
    default:
      if (value !== null) return false
      w.u8(TAG_NULL)
      return true
  }
}

function writeNumber(w: ByteWriter, value: number): void {
  if ((value | 0) === value && !Object.is(value, -0)) {
    w.u8(TAG_INT)
    w.varint(((value << 1) ^ (value >> 31)) >>> 0)
  } else {
    w.u8(TAG_DOUBLE)
    w.f64(value)
  }
}

function writeBigint(w: ByteWriter, value: bigint): void {
  const digits = value.toString(16)
  w.u8(TAG_BIGINT)
  w.varint(digits.length)
  w.latin1(digits)
}

function writeText(w: ByteWriter, text: string): void {
  if (text.length <= SHORT_TEXT) {
    if (writeShortAscii(w, text)) return
  } else if (Buffer.byteLength(text) === text.length) {
    w.u8(TAG_ASCII)
    w.varint(text.length)
    return w.latin1(text)
  }
  if (text.isWellFormed()) {
    w.u8(TAG_UTF8)
    w.utf8(text)
  } else {
    w.u8(TAG_UTF16)
    w.varint(text.length)
    w.ucs2(text)
  }
}

/** Below this many characters a loop is faster than calls into the runtime, and the length is one byte. */
const SHORT_TEXT = 32

function writeShortAscii(w: ByteWriter, text: string): boolean {
  const at = w.reserve(text.length + 2)
  const { bytes } = w
  bytes[at] = TAG_ASCII
  bytes[at + 1] = text.length
  let bits = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    bits |= unit
    bytes[at + 2 + i] = unit
  }
  if (bits > 127) return false
  w.length = at + 2 + text.length
  return true
}

function hasHoles(array: unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !(i in array)) return true
  return false
}

const isIndex = (name: string): boolean => String(Number(name) >>> 0) === name && name !== '4294967295'

const memoryTypes = new Map<unknown, number>(MEMORY_TYPES.map((type, number) => [type.prototype, number]))
