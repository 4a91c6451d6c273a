/** Plain data as YAML: blocks by indentation, texts as JSON where YAML could take them for something else. */
export const yamlText = (value: unknown): string => `${block(value, '').trimStart()}\n`

/** What stands behind a name or a dash, with what leads to it. */
function block(value: unknown, indent: string): string {
  if (Array.isArray(value))
    return value.length === 0 ? ' []' : value.map((item) => `\n${indent}-${inItem(item, `${indent}  `)}`).join('')
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return ' {}'
    return entries.map(([name, item]) => `\n${indent}${scalar(name)}:${block(item, `${indent}  `)}`).join('')
  }
  return ` ${scalar(value)}`
}

/** The first name of a block stands behind its dash. */
const inItem = (item: unknown, indent: string): string => {
  const text = block(item, indent)
  return text.startsWith('\n') ? ` ${text.trimStart()}` : text
}

const PLAIN = /^[A-Za-z][A-Za-z0-9_./-]*$/
/** Words that YAML reads as something else than a text. */
const TAKEN = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n'])

const scalar = (value: unknown): string =>
  typeof value === 'string' && PLAIN.test(value) && !TAKEN.has(value.toLowerCase()) ? value : JSON.stringify(value)
