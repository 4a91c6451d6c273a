declare const needs: unique symbol

/** Never there: it only makes TypeScript say `Why` where the `this` of an operator is of another type. */
export interface Needing<Why extends string> {
  /** Not a property of anything. */
  readonly [needs]?: Why
}

/** What TypeScript says where an operator for pairs is called on something else. */
export type Takes<Operator extends string> = `${Operator} takes pairs: map((record) => [key, value]) makes them`
