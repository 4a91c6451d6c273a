/** Rows in columns, each as wide as its longest cell; the last one as it is. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => rows.reduce((most, row) => Math.max(most, row[column].length), 0))
  return rows.map((row) =>
    row
      .map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i] + 3) : cell))
      .join('')
      .trimEnd(),
  )
}
