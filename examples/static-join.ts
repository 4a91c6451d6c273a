// Program 20: joins every batch of visits, `user page`, with a data set that does not change.
import { seconds, StreamingContext } from 'sluice'

const [host = 'localhost', port = '9999', file = 'examples/data/users.txt', interval = '1'] = process.argv.slice(2)

const ssc = new StreamingContext({ appName: 'StaticJoin', master: 'local[2]' }, seconds(Number(interval)))

const dataset = ssc.sparkContext.textFile(file).map((line) => {
  const [user, plan] = line.split(' ')
  return [user, plan]
})

const visits = ssc.socketTextStream(host, Number(port)).map((line) => {
  const [user, page] = line.split(' ')
  return [user, page]
})

const paidVisits = visits.transform((batch) => batch.join(dataset).filter(([, [, plan]]) => plan !== 'free'))

paidVisits.print()

ssc.start()
await ssc.awaitTermination()
