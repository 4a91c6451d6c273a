import { lines, type ProjectFile, type Template } from './template.ts'

/** A service that records come from, and what a project needs to read it and to fill it. */
interface OrderService {
  readonly about: string
  /** What says where the service is, and an example. */
  readonly variable: string
  readonly example: string
  readonly imports: string
  /** Texts of the orders: an expression of the program. */
  readonly read: string
  readonly sinkImport: string
  readonly sink: string
  readonly compose: string
  /** What makes the topic or the stream, once. */
  readonly prepare: string
  readonly packages: string
  /** What a project needs besides, to run where the service is. */
  readonly deployed?: Deployed
}

interface Deployed {
  readonly hints: readonly string[]
  /** A statement of the program about `totals`. */
  readonly output: string
  readonly files: (name: string) => readonly ProjectFile[]
}

/** Totals of orders, which are made up until a variable says where the service is. */
export const ordersFrom = (service: OrderService): Template => ({
  about: service.about,
  hints: [
    `Without \`${service.variable}\`, \`src/demo.ts\` makes up the orders: nothing else has to run.`,
    `With it: \`npm install ${service.packages}\`, \`docker compose up -d\`, \`${service.prepare}\`, then`,
    `  \`export ${service.example}\`, \`npx sluice run src/send.ts --batches 5\` and \`npm start -- --fresh\`.`,
    ...(service.deployed?.hints ?? []),
  ],
  files: (name) => [
    { path: 'src/app.ts', text: program(name, service), about: 'the pipeline' },
    { path: 'src/app.test.ts', text: test, about: 'a test with a virtual clock' },
    { path: 'src/demo.ts', text: demo, about: 'a source that makes up orders' },
    { path: 'src/send.ts', text: send(name, service), about: 'sends such orders to the service' },
    { path: 'compose.yaml', text: service.compose, about: 'the service on this machine: docker compose up -d' },
    ...(service.deployed?.files(name) ?? []),
  ],
})

const program = (name: string, { variable, imports, read, deployed }: OrderService): string => lines`
  import { app, type DStream, seconds, type StreamingContext } from 'sluice'
  ${imports}
  import { demoOrders } from './demo.ts'

  const { ${variable}: place } = process.env

  /** Orders as JSON: {"item":"tea","n":2}. They are made up where nothing says where the service is. */
  const ordersIn = (ssc: StreamingContext): DStream<string> =>
    place ? ${read} : ssc.source('orders', demoOrders)

  export default app('${name}', seconds(2), (ssc) => {
    const items = ordersIn(ssc)
      .map((text) => JSON.parse(text) as { item: string; n: number })
      .map(({ item, n }) => [item, n])

    // Of the last ten seconds, and since the start.
    items.reduceByKeyAndWindow((a, b) => a + b, seconds(10)).print(10, { name: 'lately' })
    const totals = items.updateStateByKey<number>((added: readonly number[], before = 0) =>
      added.reduce((a, b) => a + b, before),
    )
    totals.print(10, { name: 'totals' })${deployed ? `\n    ${deployed.output}` : ''}
  })
`

const send = (name: string, { sinkImport, sink }: OrderService): string => lines`
  import { app, seconds } from 'sluice'
  ${sinkImport}
  import { demoOrders } from './demo.ts'

  export default app('${name}-send', seconds(1), (ssc) => {
    ssc.source('orders', demoOrders).output('sent', ${sink})
  })
`

const demo = lines`
  import type { Source } from 'sluice'

  const items = ['tea', 'milk', 'bread', 'tea', 'honey'] as const

  /** The same for the same number: a batch that is read again must be the same batch. */
  const order = (i: number): string => JSON.stringify({ item: items[i % items.length], n: 1 + (i % 3) })

  /** Twenty orders a batch. The position is the number of orders so far. */
  export const demoOrders: Source<string> = {
    name: 'demo generator',
    async cut({ position }) {
      const from = Number(position ?? 0)
      return { position: from + 20, splits: [from], records: 20 }
    },
    read: (from) => [Array.from({ length: 20 }, (_, i) => order(Number(from) + i))],
  }
`

const test = lines`
  import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { testApp } from 'sluice/testing'
  import orders from './app.ts'

  test('orders are summed per item', async () => {
    await using t = await testApp(orders)
    t.source('orders').addAll(['{"item":"tea","n":2}', '{"item":"milk","n":1}', '{"item":"tea","n":3}'])
    await t.runBatch()
    const lines = t.printed.split('\\n').filter((line) => line.startsWith('('))
    assert.deepEqual([...new Set(lines)].sort(), ['(milk,1)', '(tea,5)'])
  })
`
