import { s3TextFiles } from 'sluice/aws'
import { app, seconds } from 'sluice'

const bucket = process.env['SLUICE_BUCKET'] ?? 'sluice-offline'

/**
 * Counts the words of text files that are put into `s3://<bucket>/in/`: per batch to the log, over all time to
 * `s3://<bucket>/out/`.
 */
export default app('word-count-s3', seconds(5), (ssc) => {
  const lines = ssc.source('lines', s3TextFiles(`s3://${bucket}/in`))
  const words = lines.flatMap((line) =>
    line
      .toLowerCase()
      .split(/\W+/)
      .filter((word) => word !== ''),
  )
  const counts = words.map((word) => [word, 1] as [string, number]).reduceByKey((a, b) => a + b)
  counts.print()
  counts
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .saveAsTextFiles(`s3://${bucket}/out/counts`)
})
