import { lines, type Template } from './template.ts'

/** The same program on directories, on emulated S3 and on AWS. */
export const s3: Template = {
  about: 'counts words of files: in a directory here, in S3 once it is deployed',
  hints: [
    '`npm start` reads `in/` and writes `out/`. `cp data/more.txt in/` adds some text.',
    'On emulated S3: `npm install @aws-sdk/client-s3`, `docker compose up -d`,',
    '  `docker compose exec localstack awslocal s3 mb s3://words`,',
    '  `docker compose exec localstack awslocal s3 cp /data/more.txt s3://words/in/`, then',
    '  `export SLUICE_BUCKET=words AWS_ENDPOINT_URL_S3=http://localhost:4566 AWS_REGION=us-east-1 ' +
      'AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test` and `npm start -- --fresh`.',
    '`serverless.yml` is all that deploying takes.',
  ],
  ignored: ['out/', '.serverless/'],
  files: (name) => [
    { path: 'src/app.ts', text: program(name), about: 'the pipeline' },
    { path: 'src/app.test.ts', text: test, about: 'a test with a virtual clock' },
    { path: 'serverless.yml', text: serverless(name), about: 'how to deploy it' },
    { path: 'compose.yaml', text: compose, about: 'S3 on this machine: docker compose up -d' },
    { path: 'in/hamlet.txt', text: 'to be or not to be\nthat is the question\n', about: 'some text to begin with' },
    { path: 'data/more.txt', text: 'to die to sleep\nno more\n', about: 'some for later: cp data/more.txt in/' },
  ],
}

const program = (name: string): string => lines`
  import { app, seconds } from 'sluice'

  // Functions have a bucket; without one, everything is below this directory.
  const { SLUICE_BUCKET: bucket } = process.env
  const place = (path: string): string => (bucket ? 's3://' + bucket + '/' + path : path)

  export default app('${name}', seconds(2), (ssc) => {
    const words = ssc.textFileStream(place('in'), { select: 'seen' }).flatMap((line) => line.split(' '))

    // All counts since the start, newest last: out/words-<ms>.
    words
      .map((word) => [word, 1])
      .updateStateByKey<number>((added: readonly number[], before = 0) => before + added.length, { name: 'words' })
      .saveAsTextFiles(place('out/words'))

    words.count().print()
  })
`

const test = lines`
  import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { testApp } from 'sluice/testing'
  import words from './app.ts'

  test('words are counted from batch to batch', async () => {
    await using t = await testApp(words)
    t.source().add('to be')
    await t.runBatch()
    t.source().add('or not to be')
    await t.runBatch()
    const state = await t.state('words')
    assert.deepEqual([...state].sort(), [['be', 2], ['not', 1], ['or', 1], ['to', 2]])
  })
`

const serverless = (name: string): string => lines`
  service: ${name}
  provider: { name: aws, runtime: nodejs24.x, region: eu-west-1 }
  plugins: [sluice/serverless]
  sluice:
    app: src/app.ts
`

const compose = lines`
  services:
    localstack:
      image: localstack/localstack:4.14.0
      ports: ['127.0.0.1:4566:4566']
      volumes: ['./data:/data:ro']
`
