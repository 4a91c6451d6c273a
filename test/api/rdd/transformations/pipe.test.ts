import '../../../../lib/hosts/embedded/install.ts'
import { gives, refuses } from '../sentences.ts'

gives('pipe runs a program per partition', (sc) => sc.parallelize(['b', 'a', 'd', 'c'], 2).pipe('sort'), [
  'a',
  'b',
  'c',
  'd',
])
gives('pipe shows pairs as text', (sc) => sc.parallelize([['a', 1]], 1).pipe(['cat']), ['(a,1)'])
gives(
  'pipe passes settings on',
  (sc) => sc.parallelize([1], 1).pipe(['sh', '-c', 'cat >/dev/null; echo $COLOUR'], { COLOUR: 'blue' }),
  ['blue'],
)
gives('a program may stop reading early', (sc) => sc.range(0, 100_000, 1, 1).pipe('head -n 1'), ['0'])
gives('a program that says nothing gives nothing', (sc) => sc.parallelize(['a']).pipe('true'), [])
gives(
  'lines end as they do on any system, an empty one is a record',
  (sc) => sc.parallelize(['a'], 1).pipe(['printf', 'a\\r\\n\\nb']),
  ['a', '', 'b'],
)
refuses('a command names a program', 'E_ARGUMENT', (sc) => sc.parallelize(['a']).pipe(' '))
refuses('a list of words names a program', 'E_ARGUMENT', (sc) => sc.parallelize(['a']).pipe([]))
refuses('a program that fails stops the job', 'E_PIPE', (sc) => sc.parallelize(['a']).pipe('false'))
refuses('a program that is not there stops the job', 'E_PIPE', (sc) =>
  sc.parallelize(['a']).pipe('no-such-program-anywhere'),
)
