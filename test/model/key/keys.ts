/** Keys that must stay apart: no two in this list are one key. */
export const differentKeys = (): unknown[] => [
  1, '1', 1n, true, 'true', false, 0, '', null, 'null', undefined, 'undefined', NaN, 'NaN', Infinity, -1, 0.5, 2 ** 40,
  new Date(0), new Date(1), '1970-01-01T00:00:00.000Z', new Uint8Array(0), new Uint8Array([0]), new Uint8Array([0, 0]),
  [], [null], [undefined], [0], ['0'], [[]], [[], []], [['a'], 'b'], ['a', ['b']], ['a', 'b'], ['ab'], ['a', 1], [1, 'a'], 'a,1',
  {}, { a: 1 }, { a: '1' }, { a: undefined }, { b: 1 }, { a: 1, b: 2 }, { a: 2, b: 1 }, { a: { b: 1 } }, [{ a: 1 }],
  'é', 'e\u0301', '__proto__', 'constructor', 'toString', 's1:a', ['s1:a'], 'Key', 'key',
]

/** Pairs that are one key. */
export const sameKeys = (): [unknown, unknown][] => [
  ['a', `${'A'.toLowerCase()}`],
  [0, -0],
  [NaN, Number('x')],
  [[-0, NaN], [0, NaN]],
  [5n, 2n + 3n],
  [new Date(5), new Date(5)],
  [new Uint8Array([1, 2]), Buffer.from([1, 2])],
  [['/', 12], ['/', 12]],
  [{ a: 1, b: [2] }, { b: [2], a: 1 }],
  [{ 10: 'x', 9: 'y' }, { 9: 'y', 10: 'x' }],
  [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}')],
]

/** What cannot be a key, and the word for it that the error must hold. */
export const notKeys = (): [unknown, RegExp][] => [
  [() => 1, /a function/],
  [Symbol('s'), /a symbol/],
  [new Map(), /an instance of Map/],
  [new Set(), /an instance of Set/],
  [new (class Money {})(), /an instance of Money/],
  [Promise.resolve(), /an instance of Promise/],
  [['fine', new (class Money {})()], /an instance of Money/],
  [{ fine: { on: () => 1 } }, /a function/],
]
