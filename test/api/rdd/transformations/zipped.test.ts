import { gives, refuses } from '../sentences.ts'

gives('zip pairs by position', (sc) => sc.parallelize([1, 2, 3], 2).zip(sc.parallelize(['a', 'b', 'c'], 2)), [
  [1, 'a'],
  [2, 'b'],
  [3, 'c'],
])
refuses('zip needs as many partitions on both sides', 'E_ZIP', (sc) => sc.range(0, 4, 1, 2).zip(sc.range(0, 4, 1, 3)))
refuses('zip needs as many records in each partition', 'E_ZIP', (sc) => sc.range(0, 4, 1, 2).zip(sc.range(0, 5, 1, 2)))
gives(
  'zipPartitions may see sides of different size',
  (sc) => sc.range(0, 5, 1, 2).zipPartitions(sc.range(0, 2, 1, 2), (a, b) => [[...a].length * 10 + [...b].length]),
  [21, 31],
)
gives(
  'zipPartitions takes two others',
  (sc) =>
    sc.range(0, 2, 1, 2).zipPartitions(sc.range(0, 2, 1, 2), sc.range(0, 2, 1, 2), (a, b, c) => [[...a, ...b, ...c]]),
  [
    [0, 0, 0],
    [1, 1, 1],
  ],
)
