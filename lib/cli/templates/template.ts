export interface ProjectFile {
  readonly path: string
  readonly text: string
  /** Said when the file is made; the others are listed by name. */
  readonly about?: string
}

/** The part of a new project that differs from template to template. */
export interface Template {
  /** What it does, for the list of templates and the project's README. */
  readonly about: string
  /** `src/app.ts`, its test and its data. */
  files(name: string): readonly ProjectFile[]
  /** Lines of the project's README that say what to try. */
  readonly hints: readonly string[]
  /** Resources of `.gitignore` besides the usual. */
  readonly ignored?: readonly string[]
}

/** The text without the indentation that it has here. */
export function lines(parts: TemplateStringsArray, ...values: readonly string[]): string {
  const text = parts.reduce((sum, part, i) => sum + part + (values[i] ?? ''), '')
  return text.replace(/^\n/, '').replaceAll(/^ {2}/gm, '')
}
