/**
 * What a program tells `sluice simulate` about itself, as `export const simulation: Simulation = { … }` beside its
 * default export. Nothing of it is used when the program runs.
 */
export interface Simulation {
  /**
   * Makes up one record of a source, by the name of the source. `random` draws from [0, 1); nothing else may decide
   * what comes out.
   */
  readonly samples?: Readonly<Record<string, (random: () => number) => unknown>>
  /**
   * What the world outside sees of an output after a run, by the name of the output: rows of a file, of a table.
   * Compared with a run without faults.
   */
  readonly shown?: Readonly<Record<string, () => unknown>>
  /** Empties what `shown` looks at; called before each run. */
  readonly reset?: () => void | Promise<void>
}
