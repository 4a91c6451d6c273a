/** Values that no column, argument of a command or attribute of an item can hold. */
export const notStorable: readonly (readonly [what: string, value: unknown])[] = [
  ['undefined', undefined],
  ['NaN', NaN],
  ['an infinity', -Infinity],
  ['half a surrogate pair', 'half \ud800'],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a bigint of more digits than any number has', 10n ** 40n + 1n],
  ['an invalid date', new Date(NaN)],
  ['a map', new Map([['a', 1]])],
  ['an instance of a class', new URL('http://example.com/')],
  ['a promise inside', { later: Promise.resolve(1) }],
  ['a function inside', { handlers: [() => 1] }],
  ['NaN inside', [[1, NaN]]],
]
