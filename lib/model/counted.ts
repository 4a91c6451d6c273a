/** So many of something, in words: `counted(1, 'batch', 'batches')` is "1 batch". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
