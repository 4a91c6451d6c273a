import { SluiceError } from '../model/errors.ts'

/** How instances of one class are kept. `encode` returns anything the value codec can write. */
interface ClassCodec<T, E = unknown> {
  readonly ctor: abstract new (...args: never[]) => T
  encode(value: T): E
  decode(encoded: E): T
}

/** A codec and the name that stands for it in blobs. */
export interface NamedClassCodec {
  readonly name: string
  readonly codec: ClassCodec<unknown>
}

const byPrototype = new Map<unknown, NamedClassCodec>()
const byName = new Map<string, NamedClassCodec>()

/**
 * Lets instances of a class travel and be stored. Every process that reads them must have registered the same name;
 * subclasses need their own. Throws `E_CLASS_CODEC` when another class has the name already. @testing No door exports
 * it yet.
 */
export function registerClassCodec<T, E>(name: string, codec: ClassCodec<T, E>): void {
  const known = byName.get(name)
  if (known !== undefined && known.codec.ctor !== codec.ctor) {
    throw new SluiceError('E_CLASS_CODEC', `Two classes are registered under the name "${name}".`, {
      next: ['give each class its own name'],
    })
  }
  const named: NamedClassCodec = { name, codec }
  byName.set(name, named)
  byPrototype.set(codec.ctor.prototype, named)
}

export const classCodecOf = (prototype: unknown): NamedClassCodec | undefined => byPrototype.get(prototype)

/** Throws `E_CLASS_CODEC` when this process knows no such class. */
export function classCodecNamed(name: string): NamedClassCodec {
  const named = byName.get(name)
  if (named !== undefined) return named
  const shown = isNameOfAClass(name) ? `"${name}"` : 'class whose name is none'
  throw new SluiceError('E_CLASS_CODEC', `Stored data holds a ${shown}, and no class is registered under that name.`, {
    next: [`register the codec of the class where the application is defined`],
  })
}

/** In bytes that were damaged anything may stand where a name did, also what a record held: that is not shown. */
const isNameOfAClass = (text: string): boolean =>
  text.length <= 100 && /^[\p{ID_Start}$_][\p{ID_Continue}$.]*$/u.test(text)
