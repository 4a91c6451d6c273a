import type { DStream } from '../../api/dstream/dstream.ts'
import { type Job, PARTITIONS, randomWord } from './job.ts'

type Event = [string, number]

/** Two sources meet, and two systems hear of it. */
export const join: Job = {
  name: 'c',
  intervalMs: 1000,
  sources: { orders: 2, payments: 1 },
  record: (random) => [randomWord(random, 25), Math.floor(random.next() * 1000)],

  define(ssc, { source, fenced, plain }) {
    const orders = ssc.source('orders', source('orders')) as DStream<Event>
    const payments = ssc.source('payments', source('payments')) as DStream<Event>
    orders.join(payments, PARTITIONS).output('paid', fenced('paid'))
    orders
      .leftOuterJoin(payments, PARTITIONS)
      .filter(([, [, payment]]) => payment === undefined)
      .map(([word]) => word)
      .output('open', plain('open'))
  },

  reference:
    () =>
    ({ records }) => {
      const orders = records['orders'] as Event[]
      const payments = records['payments'] as Event[]
      return {
        paid: orders.flatMap(([word, order]) =>
          payments.filter(([other]) => other === word).map(([, payment]) => [word, [order, payment]]),
        ),
        open: orders.filter(([word]) => !payments.some(([other]) => other === word)).map(([word]) => word),
      }
    },
}
