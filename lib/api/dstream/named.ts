import { checkOptions, type RulesOf, text } from '../../model/options.ts'

/** What sources and outputs take beside what they need: an identity of their own. Not in Spark. */
export interface Named {
  /**
   * The name under which plans, graphs, errors and dead letters know it, and under which its position or what it owes
   * is kept: lower-case letters, digits and dashes. Without one it is derived from kinds and order, and another one
   * before it changes it.
   */
  readonly name?: string
}

const NAMED: RulesOf<Named> = { name: text }

/** The name among options that hold nothing else. Throws `E_ARGUMENT`. */
export function nameIn(what: string, options: Named): string | undefined {
  checkOptions(what, options, NAMED)
  return options.name
}
