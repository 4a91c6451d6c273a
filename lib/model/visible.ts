/*
 * Names and errors may hold whatever a record, a file or a server holds. On a terminal some characters act instead of
 * being seen: they move the cursor, change colours and titles, or turn the order of letters around, so that a line says
 * what nobody wrote. They are shown as escapes; all other text is as it was.
 */

/**
 * Control characters but tab and newline, characters that are not there to be seen, marks of direction, half surrogate
 * pairs, and separators of lines.
 */
const acting = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text as a terminal may be given it. Newlines stay: who prints it knows what they mean there. */
export const visible = (text: string): string => text.replaceAll(acting, escaped)

/** The same on one line. */
export const visibleLine = (text: string): string => visible(text).replaceAll('\n', '\\n')

function escaped(character: string): string {
  const code = character.codePointAt(0)!
  const hex = code.toString(16)
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}

/** At most `most` characters, and how many there were. */
export const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`

/** At most `most` characters with the remark that says how many there were; a text that fits stays as it is. */
export function within(text: string, most: number): string {
  if (text.length <= most) return text
  const remark = `… (${text.length} characters)`
  return text.slice(0, most - remark.length) + remark
}
