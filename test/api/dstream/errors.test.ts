import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { milliseconds, seconds, type SluiceError, StreamingContext } from '../../../lib/index.ts'
import { rememberDurations } from '../../../lib/graph/remember.ts'
import { placeIn } from '../../../lib/model/place.ts'
import { batchSource, BATCH_MS, runBatches } from '../../support/run.ts'

const contexts: StreamingContext[] = []
afterEach(() => Promise.all(contexts.splice(0).map((context) => context.stop())))

function newContext(hosted = true): StreamingContext {
  const context = new StreamingContext({ master: 'local[2]', appName: 'errors' }, BATCH_MS, {
    hosted,
    engine: () => ({ start: () => {}, stop: async () => {}, elapse: async () => {}, slice: async () => [] }),
  })
  contexts.push(context)
  return context
}

const words = (context: StreamingContext) => context.source<string>(batchSource([], 1))
const pairs = (context: StreamingContext) => words(context).map((word) => [word, 1])

interface Refusal {
  readonly code: string
  /** Part of Spark's own text. */
  readonly text: string
  readonly spark?: string
  readonly act: (context: StreamingContext) => unknown
  readonly hosted?: boolean
}

/** The error has the code and Spark's text, points into this file, says what was done and what to do next. */
function refuses(sentence: string, { code, text, spark, act, hosted }: Refusal): void {
  test(sentence, () => {
    assert.throws(
      () => act(newContext(hosted)),
      (error: SluiceError) => {
        assert.equal(error.code, code)
        assert.ok(error.message.includes(text), error.message)
        assert.match(error.where.place ?? '', /^test\/api\/dstream\/errors\.test\.ts:\d+:\d+$/)
        assert.ok(error.did !== '' && error.next.length > 0, 'says what was done and what comes next')
        if (spark) assert.equal(error.spark, spark)
        return true
      },
    )
  })
}

refuses('B02: a window length that is no multiple of the slide is refused with the nearest that are', {
  code: 'E_WINDOW',
  spark: 'IllegalArgumentException',
  text: 'must be a multiple of the slide duration of parent DStream (1000 ms)',
  act: (context) => words(context).window(1500),
})
refuses('B02: a window slide counts in slides of the parent, not in batches', {
  code: 'E_WINDOW',
  text:
    'slide duration of windowed DStream (3000 ms) must be a multiple of the slide duration of parent ' +
    'DStream (2000 ms)',
  act: (context) => words(context).window(seconds(4), seconds(2)).window(seconds(4), seconds(3)),
})
refuses('B02: a reduced window is checked like any other', {
  code: 'E_WINDOW',
  text: '(700 ms)',
  act: (context) =>
    pairs(context).reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      700,
    ),
})
refuses('B03: a checkpoint interval below the slide is refused', {
  code: 'E_CHECKPOINT_INTERVAL',
  text: 'must be a multiple of the slide of 2000 ms',
  act: (context) => {
    const window = pairs(context).reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      seconds(4),
      seconds(2),
    )
    window.checkpoint(seconds(3))
    window.print()
    context.start()
  },
})
for (const name of ['Words', 'a/b', '..', '__proto__', 'naïve', 'constructor', '1st', 'x'.repeat(64)]) {
  refuses(`B04: ${JSON.stringify(name.slice(0, 10))} is not a name`, {
    code: 'E_NAME',
    text: 'is not a name',
    act: (context) => {
      pairs(context)
        .reduceByKey((a, b) => a + b, { name })
        .print()
      context.start()
    },
  })
}
refuses('B04: two operators of one name are refused', {
  code: 'E_NAME',
  text: 'given twice',
  act: (context) => {
    for (let i = 0; i < 2; i++)
      pairs(context)
        .reduceByKey((a, b) => a + b, { name: 'sums' })
        .print()
    context.start()
  },
})
for (const master of ['local[0]', 'local[-1]', 'local[x]', 'local[1.5]', 'local[]']) {
  refuses(`B06: the master ${master} has no threads`, {
    code: master === 'local[0]' ? 'E_PARTITIONS' : 'E_CONF',
    text: master === 'local[0]' ? '(0)' : 'does not say how many threads',
    act: () => new StreamingContext({ master, appName: 'errors' }, BATCH_MS),
  })
}
for (const partitions of ['0', '-1', '1.5']) {
  refuses(`B06: a default parallelism of ${partitions} is refused`, {
    code: 'E_LIMIT',
    text: `spark.default.parallelism is ${partitions}; it must be a whole number from 1 to`,
    act: () =>
      new StreamingContext(
        { master: 'local[2]', appName: 'errors', 'spark.default.parallelism': partitions },
        BATCH_MS,
      ),
  })
}
for (const interval of [1, 9, milliseconds(5)]) {
  refuses(`B14: a batch interval of ${String(interval)} is refused: a bare number counts in ms`, {
    code: 'E_INTERVAL',
    text: 'it must be 10 ms or more',
    act: () => new StreamingContext({ appName: 'errors' }, interval),
  })
}
refuses('B14: a misspelt setting of Spark is refused where the context is started', {
  code: 'E_CONF',
  text: 'Did you mean spark.streaming.blockInterval?',
  act: () => {
    const conf = { appName: 'errors', 'spark.streaming.blockIntervall': '100ms' }
    const context = new StreamingContext(conf, BATCH_MS)
    words(context).print()
    context.start()
  },
})
test('B06: what is no port is refused where the source is defined', () => {
  for (const port of [0, -1, 65_536, 1.5, NaN]) {
    assert.throws(
      () => newContext().socketTextStream('localhost', port),
      (error: SluiceError) => {
        assert.deepEqual(
          [error.code, error.message, error.did],
          ['E_ARGUMENT', `${port} is not a port: a whole number from 1 to 65535.`, 'nothing was started'],
        )
        assert.match(placeIn(error.stack ?? '') ?? '', /^test\/api\/dstream\/errors\.test\.ts:\d+:\d+$/)
        return true
      },
    )
  }
})
refuses('B06: no partitions at all are refused', {
  code: 'E_PARTITIONS',
  spark: 'IllegalArgumentException',
  text: 'Number of partitions (0)',
  act: (context) => words(context).repartition(0),
})
refuses('B07: more partitions than key groups cannot hold state', {
  code: 'E_KEYGROUPS',
  text: '300 partitions cannot share 256 key groups',
  act: (context) => pairs(context).updateStateByKey<number>((values) => values.length, 300),
})
refuses('B08: a program without an output names the streams that lead nowhere', {
  code: 'E_NO_OUTPUT',
  spark: 'IllegalArgumentException',
  text: 'No output operations registered, so nothing to execute',
  act: (context) => {
    words(context)
    context.start()
  },
})
refuses('B08: streams of two contexts do not meet', {
  code: 'E_GRAPH',
  spark: 'IllegalArgumentException',
  text: 'different contexts',
  act: (context) => words(context).union(words(newContext())),
})
refuses('B08: streams of two slides do not meet', {
  code: 'E_GRAPH',
  text: 'different slide durations: 1000 ms and 2000 ms',
  act: (context) => pairs(context).join(pairs(context).window(seconds(2), seconds(2))),
})
refuses('B08: a union of nothing is refused', {
  code: 'E_GRAPH',
  text: 'Empty array of parents',
  act: (context) => context.union([]),
})
refuses('state without a checkpoint directory is refused', {
  hosted: false,
  code: 'E_CHECKPOINT_DIR',
  spark: 'IllegalArgumentException',
  text: 'The checkpoint directory has not been set. Please set it by StreamingContext.checkpoint().',
  act: (context) => {
    pairs(context)
      .updateStateByKey<number>((values) => values.length)
      .print()
    context.start()
  },
})
refuses('a checkpoint interval without a checkpoint directory is refused, also where nothing has state', {
  hosted: false,
  code: 'E_CHECKPOINT_DIR',
  spark: 'IllegalArgumentException',
  text: 'The checkpoint directory has not been set.',
  act: (context) => {
    const counts = pairs(context).reduceByKey((a, b) => a + b)
    counts.checkpoint(seconds(2)).print()
    context.start()
  },
})

test('a stream is remembered for longer than its checkpoint interval, however little it was told to', () => {
  for (const [checkpoint, remember] of [
    [1, 1],
    [2, 1],
    [5, 5],
    [30, 20],
  ]) {
    const context = newContext()
    const stream = words(context)
    stream.checkpoint(seconds(checkpoint)).remember(seconds(remember))
    stream.print()
    context.start()
    assert.ok(rememberDurations(context.graph).get(stream.node)! > checkpoint * 1000)
    void context.stop()
  }
})

const startedWith = (context: StreamingContext) => {
  const stream = words(context)
  stream.print()
  context.start()
  return stream
}
refuses('an operator added after the start is refused', {
  code: 'E_CONTEXT_STATE',
  spark: 'IllegalStateException',
  text: 'Adding new inputs, transformations, and output operations after starting a context is not supported',
  act: (context) => startedWith(context).map((word) => word),
})
refuses('an operator added after the end is refused', {
  code: 'E_CONTEXT_STATE',
  text: 'after stopping a context is not supported',
  act: (context) => {
    const stream = startedWith(context)
    void context.stop()
    return stream.map((word) => word)
  },
})
refuses('a stopped context does not start again', {
  code: 'E_CONTEXT_STATE',
  spark: 'IllegalStateException',
  text: 'StreamingContext has already been stopped',
  act: (context) => {
    startedWith(context)
    void context.stop()
    context.start()
  },
})
refuses('persistence is settled at the start', {
  code: 'E_CONTEXT_STATE',
  spark: 'UnsupportedOperationException',
  text: 'Cannot change storage level of a DStream',
  act: (context) => startedWith(context).persist(),
})
refuses('the checkpoint interval is settled at the start', {
  code: 'E_CONTEXT_STATE',
  spark: 'UnsupportedOperationException',
  text: 'Cannot change checkpoint interval of a DStream',
  act: (context) => startedWith(context).checkpoint(seconds(10)),
})
refuses('how long a stream is remembered is settled at the start', {
  code: 'E_CONTEXT_STATE',
  text: 'Cannot change how long a DStream is remembered after streaming context has started',
  act: (context) => startedWith(context).remember(seconds(10)),
})
refuses('how long all streams are remembered is settled at the start', {
  code: 'E_CONTEXT_STATE',
  text: 'Cannot change the remember duration after streaming context has started',
  act: (context) => {
    startedWith(context)
    context.remember(seconds(10))
  },
})
refuses('the checkpoint directory is settled at the start', {
  code: 'E_CONTEXT_STATE',
  text: 'Cannot change the checkpoint directory after streaming context has started',
  act: (context) => {
    startedWith(context)
    context.checkpoint('elsewhere')
  },
})
refuses('remember is called once', {
  code: 'E_CONTEXT_STATE',
  text: 'Remember duration already set as 2000 ms',
  act: (context) => {
    context.remember(seconds(2))
    context.remember(seconds(3))
  },
})
refuses('a second context does not start beside the first', {
  code: 'E_ONE_CONTEXT',
  spark: 'IllegalStateException',
  text: 'Only one StreamingContext may be started in this',
  act: (context) => {
    startedWith(context)
    startedWith(newContext())
  },
})

test('a slide longer than the window is legal', () => {
  words(newContext()).window(seconds(1), seconds(3))
})

test('a start that failed leaves the context stopped and makes room for the next', () => {
  const context = newContext()
  words(context)
  assert.throws(() => context.start(), { code: 'E_NO_OUTPUT' })
  assert.equal(context.getState(), 'STOPPED')
  startedWith(newContext())
})

test("a transform that returns nothing fails its batch with Spark's advice", async () => {
  const run = await runBatches((input) => input().transform(() => undefined as never), [[1]])
  assert.equal(run.errors[0].code, 'E_TRANSFORM_NULL')
  assert.match(run.errors[0].message, /Transform function must not return null/)
  assert.match(run.errors[0].where.place, /^test\/api\/dstream\/errors\.test\.ts:\d+:\d+$/)
})

test('a join whose other side has no batch fails its batch and names that side', async () => {
  const run = await runBatches((input) => input('a').join(input('b')), { a: [[['k', 1]]], b: [null] })
  assert.equal(run.errors[0].code, 'E_NO_RDD')
  assert.match(run.errors[0].message, /Couldn't generate RDD from parent/)
  assert.equal(run.errors[0].where.operator, 'b')
})
