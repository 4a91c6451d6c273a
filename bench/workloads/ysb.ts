import { checksum } from '../checksum.ts'
import { adOf, adsFile, CAMPAIGNS } from '../data.ts'
import { describedContext, Driver } from '../engine.ts'
import { collectGarbage } from '../meter.ts'
import { onSpark } from '../spark/spark.ts'
import { rangesText, sizeOf, textBlocks, type TextRange, textSource } from '../text-blocks.ts'
import type { DStream } from '../../lib/index.ts'
import type { Outcome, Setting, Size, Workload } from '../workload.ts'

/** About 100,000 events: ten seconds of them. */
const BLOCK_BYTES = 25_400_000
const WARM = 2
const BATCHES: Record<Size, number> = { small: 6, full: 18 }
const WINDOW_MS = 10_000

const ADS = Array.from({ length: CAMPAIGNS * 10 }, (_, ad) => adOf(ad))

interface Event {
  readonly ad_id: string
  readonly event_type: string
  readonly event_time: string
}

type Parse = (lines: DStream<string>) => DStream<Event>

const blocksOf = ({ inputs }: Setting): TextRange[][] => textBlocks(inputs[0].path, BLOCK_BYTES, 2)

const byHand = (line: string): Event => JSON.parse(line) as Event

/** Views per campaign and window of ten seconds. */
const engine =
  (parse: Parse) =>
  async (setting: Setting): Promise<Outcome> => {
    const campaigns = new Map(ADS.map((ad, i) => [ad, Math.floor(i / 10)]))
    const context = describedContext()
    const totals = new Map<number, number>()
    parse(context.source('text', textSource(blocksOf(setting))))
      .filter((event) => event.event_type === 'view')
      .map(({ ad_id, event_time }) => [keyOf(campaigns.get(ad_id)!, Number(event_time)), 1])
      .reduceByKey((a, b) => a + b)
      .foreachRDD((rdd) => {
        for (const [key, count] of rdd.collect()) totals.set(key, (totals.get(key) ?? 0) + count)
      })
    const driver = await Driver.open(context)
    const { size, meter } = setting
    const batch = (): Promise<void> => driver.batch()
    for (let i = 0; i < WARM; i++) await meter.warm(batch)
    collectGarbage()
    for (let i = WARM; i < BATCHES[size]; i++) await meter.batch(batch)
    await driver.close()
    return {
      records: eventsIn(setting),
      checksum: checksum([...totals]),
    }
  }

const eventsIn = (setting: Setting): number => sizeOf(blocksOf(setting).slice(WARM, BATCHES[setting.size]).flat()).lines

const keyOf = (campaign: number, time: number): number => campaign * 2 ** 30 + Math.floor(time / WINDOW_MS)

export const ysb: Workload = {
  name: 'ysb',
  about: 'lines of JSON: views per campaign and ten seconds; file read, decoded and parsed inside the time',
  inputs: async (size) => [adsFile(size === 'small' ? 700_000 : 2_000_000)],
  variants: {
    'sluice-json-parse': { run: engine((lines) => lines.map(byHand)) },
    'sluice-fields': { run: engine((lines) => lines.fields<Event>('ad_id', 'event_type', 'event_time')) },
    spark: onSpark('ysb', (setting) => {
      const { size, inputs } = setting
      const [blocks, { path }] = [blocksOf(setting), inputs[0]]
      const counts = { warm: WARM, batches: BATCHES[size] - WARM, passes: 3 }
      return {
        records: eventsIn(setting),
        options: { ...counts, path, ranges: rangesText(blocks), ads: ADS.join(',') },
      }
    }),
  },
  ratios: [
    { of: 'sluice-fields', to: 'sluice-json-parse', metric: 'records_per_cpu_s', goal: 2 },
    { of: 'sluice-fields', to: 'spark', metric: 'records_per_cpu_s', goal: 4 },
    { of: 'sluice-json-parse', to: 'spark', metric: 'records_per_cpu_s' },
  ],
}
