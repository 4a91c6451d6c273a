import type { ProgramFacts } from '../../model/program-facts.ts'
import { programFacts } from '../../plan/program-facts.ts'
import type { BuiltApp } from './built-program.ts'

const known = new WeakMap<BuiltApp, ProgramFacts>()

/** What of an app a coordinator needs to know, made when somebody first asks. */
export function appFacts(app: BuiltApp): ProgramFacts {
  const { graph, sparkContext } = app.context
  const facts = known.get(app) ?? programFacts(graph, Object.fromEntries(sparkContext.conf.getAll()))
  known.set(app, facts)
  return facts
}
