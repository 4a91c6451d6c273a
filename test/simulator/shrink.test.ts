import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scenarioOf } from '../../lib/simulator/campaign.ts'
import { faultLine, faultsText, type ListedFault, parseFaults } from '../../lib/simulator/fault-list.ts'
import { jobs } from '../../lib/simulator/jobs/jobs.ts'
import { type Needed, shrink } from '../../lib/simulator/shrink.ts'
import { shrinkFinding } from '../../lib/simulator/shrink-finding.ts'
import { simulate } from '../../lib/simulator/simulate.ts'

const first = Number(process.env['SLUICE_SEED'] ?? 1)

const fault = (nth: number): ListedFault => ({
  kind: 'call',
  fault: 'crash-after',
  call: 'head.cas commit',
  nth,
  ms: 0,
  by: 'coordinator-1',
})
const numbers = ({ faults }: Needed): number[] => faults.map((each) => (each.kind === 'call' ? each.nth : 0))

test(
  'the faults that were drawn, played again as a list, come to the same trace, and so does the list as ' + 'text',
  async () => {
    for (let seed = first; seed < first + 6; seed++) {
      const scenario = scenarioOf(seed)
      const journal: ListedFault[] = []
      const drawn = await simulate({ ...scenario, journal })
      const listed = await simulate({ ...scenario, faults: { listed: journal } })
      const parsed = await simulate({ ...scenario, faults: { listed: parseFaults(faultsText(journal))! } })
      assert.deepEqual([listed.trace, parsed.trace], [drawn.trace, drawn.trace], `seed ${seed}`)
    }
  },
)

test('a shorter run begins like a longer one: the first records are the same', async () => {
  const [long, short] = [
    await simulate({ ...scenarioOf(first), faults: 'none', ticks: 9 }),
    await simulate({ ...scenarioOf(first), faults: 'none', ticks: 4 }),
  ]
  const cuts = (lines: readonly string[]): string[] => lines.filter((line) => line.includes('source.read')).slice(0, 6)
  assert.deepEqual(cuts(short.lines), cuts(long.lines).slice(0, cuts(short.lines).length))
  assert.ok(cuts(short.lines).length > 0)
})

test(
  'of twenty faults the two that matter together are left, in the fewest intervals and with the fewest ' + 'records',
  async () => {
    const tried: Needed[] = []
    const found: Needed = { faults: Array.from({ length: 20 }, (_, i) => fault(i + 1)), ticks: 14, recordsMax: 1000 }
    const least = await shrink(found, async (candidate) => {
      tried.push(candidate)
      return (
        [7, 16].every((nth) => numbers(candidate).includes(nth)) && candidate.ticks >= 3 && candidate.recordsMax >= 2
      )
    })
    assert.deepEqual({ ...least, faults: numbers(least) }, { faults: [7, 16], ticks: 3, recordsMax: 2 })
    assert.ok(tried.length < 80, `${tried.length} runs`)
  },
)

test('a violation that needs no fault at all is left with none', async () => {
  const least = await shrink({ faults: [fault(1), fault(2)], ticks: 8, recordsMax: 1000 }, async () => true)
  assert.deepEqual(least, { faults: [], ticks: 1, recordsMax: 1 })
})

test('no more runs are made than are allowed, and what is left still fails', async () => {
  let runs = 0
  const least = await shrink(
    { faults: Array.from({ length: 64 }, (_, i) => fault(i)), ticks: 8, recordsMax: 1000 },
    async (candidate) => {
      runs++
      return numbers(candidate).includes(63)
    },
    5,
  )
  assert.equal(runs, 5)
  assert.ok(numbers(least).includes(63))
})

test('a finding of the reference jobs is shrunk to what it needs', async () => {
  const job = {
    ...jobs[0],
    reference:
      () =>
      ({ records }: { readonly records: Readonly<Record<string, readonly unknown[]>> }) => ({
        early: records['lines'].length >= 3 ? ['made up'] : [],
      }),
  }
  const scenario = { ...scenarioOf(first, [job]), ticks: 10 }
  const [violation] = (await simulate(scenario)).violations
  const least = await shrinkFinding({ scenario, violation, lines: [] })
  assert.equal(violation.check, 'content')
  assert.deepEqual(least?.faults, [])
  assert.ok(least.ticks <= 3 && least.recordsMax <= 4, JSON.stringify(least))
  assert.equal(
    (await simulate({ ...scenario, faults: { listed: [] }, ticks: least.ticks, recordsMax: least.recordsMax }))
      .violations[0]?.check,
    'content',
  )
})

test('a list of faults as text is read back, and anything else is not', () => {
  const faults: ListedFault[] = [
    { kind: 'start', ms: 1234 },
    { kind: 'call', fault: 'late', call: 'sink.write totals/print 3/2', nth: 2, ms: 3500, by: '' },
    { kind: 'call', fault: 'crash-before', call: 'blobs.put clicks/out/12/pages/p0', nth: 1, ms: 0, by: '' },
  ]
  assert.equal(
    faultsText(faults),
    'start~1234; late~3500@sink.write totals/print 3/2#2; crash-before@blobs.put clicks/out/12/pages/p0#1',
  )
  assert.deepEqual(parseFaults(faultsText(faults)), faults)
  assert.deepEqual(parseFaults(faultsText([])), [])
  for (const text of ['crash', 'crash-before@head.read', 'boom@head.read#1', 'start~x'])
    assert.equal(parseFaults(text), null, text)
})

test('a fault reads as a sentence', () => {
  assert.equal(
    faultLine({
      kind: 'call',
      fault: 'crash-after',
      call: 'blobs.put job-a/out/6/counts/p0',
      nth: 1,
      ms: 0,
      by: 'coordinator-2',
    }),
    'crash after: blobs.put job-a/out/6/counts/p0, coordinator-2',
  )
  assert.equal(
    faultLine({ kind: 'call', fault: 'late', call: 'head.cas mark', nth: 3, ms: 3500, by: 'coordinator-1' }),
    'late, 3.5 s: head.cas mark (number 3 of its kind), coordinator-1',
  )
})
