/**
 * What arrives on the other side of a wire that carries JSON, without the text between. Throws at what JSON would lose
 * or change, so that nothing of the kind can slip into a plan, an answer or the head.
 */
export function plainCopy<T>(value: T): T {
  return copy(value) as T
}

function copy(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value
  if (typeof value !== 'object') throw new TypeError(`simulated: a ${typeof value} is not plain data`)
  if (Array.isArray(value)) return value.map(copy)
  if (Object.getPrototypeOf(value) !== Object.prototype)
    throw new TypeError('simulated: an instance of a class is not plain data')
  const plain: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== undefined) plain[key] = copy(field)
  }
  return plain
}
