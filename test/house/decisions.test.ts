import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesBelow, occurrences, withoutComments } from './source-files.ts'

// What an error is, whose fault it is and what an object is are types: `hasCode`, `fault`, `kindOf` and `parseKey`
// answer that. A name that a program gives, or a word that somebody improves, must not change what the engine does. So
// nothing compares a code, and nothing looks into words or keys, but the files below.

const methods =
  'startsWith|endsWith|includes|match|matchAll|search|split|slice|substring|indexOf|lastIndexOf|' + 'replace|replaceAll'
const rules: readonly (readonly [rule: string, pattern: RegExp])[] = [
  ['compares a code: use hasCode(error, …), error.fault or systemCode(error)', /\bcode\b\)?\s*[=!]==/g],
  [`looks into a code`, new RegExp(`\\bcode\\b\\)?\\??\\.(?:${methods})\\(|\\.(?:test|exec)\\([^()]*\\bcode\\b`, 'g')],
  ['looks into a code', /\/[\^(]*E_[A-Z(]/g],
  [
    'looks into words: ask error.fault, error.code or error.where',
    new RegExp(
      `\\bmessage\\b\\)?\\??\\.(?:${methods})\\(|\\.(?:test|exec)\\([^()]*\\bmessage\\b|` +
        `messageOf\\([^()]*\\)\\.(?:${methods})\\(`,
      'g',
    ),
  ],
  ['looks into words: ask error.fault, error.code or error.where', /\.(?:test|exec)\([^()]*\bmessageOf\(/g],
  [
    'decides by the name of an error: ask error.fault, hasCode(error, …) or, of a service, isCalled(error, …)',
    /\bas (?:\w*Error\b|\{[^}]*\bname\b)[^)]*\)\??\.name\b|\.name\s*[=!]==\s*['"`][A-Z]/g,
  ],
  [
    'looks into a key: use parseKey or kindOf',
    new RegExp(`\\bkey\\b\\)?\\??\\.(?:${methods})\\(|\\.(?:test|exec)\\([^()]*\\bkey\\b`, 'g'),
  ],
  ['looks for a folder of objects: use kindOf', /['"`]\/(?:blk|st|out|dlq|ctl|plan|man|graph|rcv|msg)\//g],
]

/** Who may, and why. */
const allowed: Readonly<Record<string, string>> = {
  'lib/model/error-codes.ts': 'the table of codes',
  'lib/model/errors.ts': 'hasCode itself; and the words of JSON.parse quote records, which must not be repeated',
  'lib/model/system-code.ts': 'systemCode itself',
  'lib/output/secrets.ts': 'takes secrets out of words',
  'lib/cli/text-reporter.ts': 'says an error once that comes with each batch, whatever numbers are in it',
  'lib/checkpoint/object-keys.ts': 'builds and parses keys',
  'lib/source/receiver/block-writer.ts': 'parses what a source has put below its own prefix',
  'lib/runtime/batch/run-stages.ts': 'a task that was lost gets more attempts; a report has the code as text',
  'lib/adapters/local/blob-directory.ts': 'a store lists by prefix',
  'lib/adapters/local/blob-memory.ts': 'a store lists by prefix',
  'lib/adapters/local/blob-key.ts': 'a store takes no key that leads out of it, whatever it means',
  'lib/adapters/aws/dynamo/dynamo-sink.ts': 'only the words of DynamoDB say that an item is too big',
  'lib/adapters/aws/s3/s3-location.ts': 'the prefix of a bucket that a user gives',
  'lib/adapters/kafka/cluster.ts': 'the codes of the driver, which it puts on parts of its errors',
  'lib/adapters/kafka/kafka-sink.ts': 'the codes of the driver, which it puts on parts of its errors',
  'lib/adapters/kafka/service-errors.ts': 'the codes of the driver, which it puts on parts of its errors',
  'lib/adapters/redis/redis.ts': 'the protocol of Redis has its codes in the first word of the message',
  'lib/adapters/sql/postgres.ts': 'five letters are a code of the server, fewer are one of the system',
  'lib/adapters/sql/statements.ts': 'a key of a table is a list of columns',
  'lib/simulator/cluster.ts': 'a simulated fault is known by its words after it has crossed a report',
  'lib/testing/contracts/blob-store.ts': 'a contract about listing by prefix',
  'lib/testing/contracts/sink.ts': 'a contract that asks for a batch number in the words',
}

const found = filesBelow('lib', 'functions')
  .filter(({ path }) => path.endsWith('.ts'))
  .flatMap(({ path, text }) =>
    rules.flatMap(([rule, pattern]) =>
      occurrences(withoutComments(text), pattern).map(({ line, text: what }) => ({ path, line, rule, what })),
    ),
  )

test('no code, no words and no key decide anything by what they look like', () => {
  assert.deepEqual(
    found
      .filter(({ path }) => !Object.hasOwn(allowed, path))
      .map(({ path, line, rule, what }) => `${path}:${line} ${rule}: ${what.trim()}`),
    [],
    'where nothing else can tell, name the file among the allowed ones of this test, with the reason',
  )
})

test('every file that may has a use for it', () => {
  const users = new Set(found.map(({ path }) => path))
  assert.deepEqual(
    Object.keys(allowed).filter((path) => !users.has(path)),
    [],
    'these look into nothing any more: take them out of the allowed ones',
  )
})

test('the rules find what they forbid', () => {
  for (const line of [
    "if (error.code === 'E_FENCED') stop()",
    "['E_FENCED'].includes(x) || error.code.startsWith('E_BLOB_')",
    'return /^E_(BLOB|HEAD)_/.test(error.code)',
    "error.message.includes('/st/')",
    "key.includes('/blk/')",
    "ref.key.split('/')",
    "messageOf(error).includes('gone')",
    '/gone/.test(messageOf(error))',
    "(error as Error).name === 'TimeoutError'",
    'names.has((error as Error | null)?.name)',
    "cause.name !== 'AbortError'",
  ])
    assert.ok(
      rules.some(([, pattern]) => occurrences(line, pattern).length > 0),
      line,
    )
})
