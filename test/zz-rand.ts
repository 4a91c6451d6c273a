import { randomFaults, Tally } from '../lib/simulator/campaign.ts'
import { furtherJobs, openJobs } from '../lib/simulator/jobs/jobs.ts'
const want = process.argv[2]
const n = Number(process.argv[3] ?? 40)
const from = Number(process.argv[4] ?? 1)
for (const job of [...furtherJobs, ...openJobs].filter((j) => !want || want === 'all' || j.name === want)) {
  const tally = new Tally()
  const t = performance.now()
  await randomFaults(from, from + n, tally, { onRun: (x) => x.findings.length < 2 }, [job])
  console.log(job.name, tally.runs, 'runs', tally.batches, 'batches', Math.round(performance.now() - t), 'ms', [...tally.happened].filter(([a]) => /busy|break|away|letters|asked|handover|table|owed|patience/.test(a)).map(([a, b]) => `${a} ${b}`).join(', '))
  for (const f of tally.findings) {
    console.log('   ', f.scenario.seed, f.scenario.workers, f.violation.check, f.violation.what.slice(0, 600))
    if (want && want !== 'all') console.log(f.lines.slice(-Number(process.env.LINES ?? 40)).join('\n'))
  }
}
