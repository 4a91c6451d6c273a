import { SluiceError } from '../model/errors.ts'

/** In place of an engine: a program in Spark's form starts itself while it is loaded, and would reach outside. */
export const startsItself =
  (what: 'simulated' | 'run as functions'): (() => never) =>
  () => {
    throw new SluiceError(
      'E_USAGE',
      `Only a program that exports an app can be ${what}; this one starts its own context.`,
      { did: 'nothing was run', next: ["export default app('name', seconds(1), (ssc) => { … })"] },
    )
  }
