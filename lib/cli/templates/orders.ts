import { lines, type ProjectFile, type Template } from './template.ts'

/** A service that records come from, and what a project needs to read it and to fill it. */
interface OrderService {
  readonly about: string
  /** What has to be in the environment where the service is on this machine. */
  readonly example: string
  readonly imports: string
  /** The source, an expression; what makes an order's text of one of its records. */
  readonly source: string
  readonly text: string
  /** The type of a record and where it comes from; one made of `text` and a number `i`, for what is made up. */
  readonly record: { readonly type: string; readonly from: string; readonly made: string }
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

/** Totals of orders, which `sluice dev` makes up. */
export const ordersFrom = (service: OrderService): Template => ({
  about: service.about,
  hints: [
    '`npm start` reads orders that `src/demo.ts` makes up: nothing else has to run.',
    `From the service: \`npm install ${service.packages}\`, \`docker compose up -d\`, \`${service.prepare}\`, then`,
    `  \`export ${service.example}\`, \`npx sluice run src/send.ts --batches 5\` and`,
    '  `npm start -- --source orders=real --fresh`. `npx sluice run src/app.ts` always reads the service.',
    ...(service.deployed?.hints ?? []),
  ],
  files: (name) => [
    { path: 'src/app.ts', text: program(name, service), about: 'the pipeline' },
    { path: 'src/app.test.ts', text: test, about: 'a test with a virtual clock' },
    { path: 'src/demo.ts', text: demo(service), about: 'what `npm start` reads: orders that it makes up' },
    { path: 'src/send.ts', text: send(name, service), about: 'sends such orders to the service' },
    { path: 'compose.yaml', text: service.compose, about: 'the service on this machine: docker compose up -d' },
    ...(service.deployed?.files(name) ?? []),
  ],
})

const program = (name: string, { imports, source, text, deployed }: OrderService): string => lines`
  import { app, seconds } from 'sluice'
  ${imports}
  import { demoOrders } from './demo.ts'

  export default app('${name}', seconds(2), (ssc) => {
    // Orders as JSON: {"item":"tea","n":2}. Under \`sluice dev\` they are made up.
    const items = ssc
      .source('orders', ${source}, { demo: demoOrders })
      .map(${text})
      .map((order) => JSON.parse(order) as { item: string; n: number })
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
  import { orderTexts } from './demo.ts'

  export default app('${name}-send', seconds(1), (ssc) => {
    ssc.source('orders', orderTexts).output('sent', ${sink})
  })
`

const demo = ({ record }: OrderService): string => lines`
  import type { Source } from 'sluice'
  import type { ${record.type.replace(/<.*/, '')} } from '${record.from}'

  const items = ['tea', 'milk', 'bread', 'tea', 'honey'] as const

  /** The same for the same number: a batch that is read again must be the same batch. */
  const order = (i: number): string => JSON.stringify({ item: items[i % items.length], n: 1 + (i % 3) })

  /** Twenty a batch. The position is the number of orders so far. */
  const numbered = <T>(make: (i: number) => T): Source<T> => ({
    name: 'demo generator',
    async cut({ position }) {
      const from = Number(position ?? 0)
      return { position: from + 20, splits: [from], records: 20 }
    },
    read: (from) => [Array.from({ length: 20 }, (_, i) => make(Number(from) + i))],
  })

  /** An order as the service would give it. */
  export const recordOf = (text: string, i = 0): ${record.type} => (${record.made})

  /** Orders in the place of the service's. */
  export const demoOrders = numbered((i) => recordOf(order(i), i))

  /** Such orders as text, to be sent. */
  export const orderTexts = numbered(order)
`

const test = lines`
  import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { testApp } from 'sluice/testing'
  import orders from './app.ts'
  import { recordOf } from './demo.ts'

  test('orders are summed per item', async () => {
    await using t = await testApp(orders)
    const texts = ['{"item":"tea","n":2}', '{"item":"milk","n":1}', '{"item":"tea","n":3}']
    t.source('orders').addAll(texts.map(recordOf))
    await t.runBatch()
    const lines = t.printed.split('\\n').filter((line) => line.startsWith('('))
    assert.deepEqual([...new Set(lines)].sort(), ['(milk,1)', '(tea,5)'])
  })
`
