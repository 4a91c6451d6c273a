/** A record as Scala's `toString` shows it: pairs as `(a,b)`, a missing side as `None`. */
export function sparkText(record: unknown): string {
  if (record === undefined) return 'None'
  if (Array.isArray(record)) return `(${record.map(sparkText).join(',')})`
  if (record instanceof Map)
    return `Map(${[...record].map(([key, value]) => `${sparkText(key)} -> ${sparkText(value)}`).join(', ')})`
  if (record instanceof Set) return `Set(${[...record].map(sparkText).join(', ')})`
  if (record instanceof Date) return record.toISOString()
  if (record !== null && typeof record === 'object' && record.toString === Object.prototype.toString)
    return JSON.stringify(record)
  // oxlint-disable-next-line typescript/no-base-to-string -- objects without a toString of their own were shown above
  return String(record)
}

/** A record as Python's `print` shows it: pairs as `('a', 1)`. */
export function pythonText(record: unknown): string {
  return typeof record === 'string' ? record : pythonRepr(record)
}

function pythonRepr(value: unknown): string {
  if (value === undefined || value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value))
    return value.length === 1 ? `(${pythonRepr(value[0])},)` : `(${value.map(pythonRepr).join(', ')})`
  if (typeof value === 'object' && value.toString === Object.prototype.toString) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quoted(key)}: ${pythonRepr(item)}`)
      .join(', ')}}`
  }
  // oxlint-disable-next-line typescript/no-base-to-string -- as above
  return String(value)
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`
}
