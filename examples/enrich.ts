// Looks every user up at a web service, and counts visits per plan: `user page` comes in, `(pro,2)` goes out.
import { app, seconds } from 'sluice'

const [host = 'localhost', port = '9999', users = 'http://localhost:8080/users/', interval = '1'] =
  process.argv.slice(2)

interface User {
  readonly plan: string
}

export default app(
  'enrich',
  seconds(Number(interval)),
  (ssc) => {
    const visits = ssc.socketTextStream(host, Number(port)).map((line) => line.split(' ')[0] ?? '')
    const plans = visits.mapAsync(
      async (user, { signal }) => {
        // Asked again when a batch runs again: a GET changes nothing there.
        const answer = await fetch(users + encodeURIComponent(user), { signal })
        if (answer.status === 404) return [user, 'unknown']
        if (!answer.ok) throw new Error(`${users} answered ${answer.status}`)
        return [user, ((await answer.json()) as User).plan]
      },
      { concurrency: 8, timeout: seconds(5), attempts: 4 },
    )
    plans
      .map(([, plan]) => [plan, 1])
      .reduceByKey((a, b) => a + b)
      .print()
  },
  { onError: 'dead-letter' },
)
