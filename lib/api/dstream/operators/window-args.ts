import { SluiceError } from '../../../model/errors.ts'
import { type DurationLike, intervalMs } from '../../../model/time.ts'
import { badArgument, needsFunction } from '../../../lineage/bad-argument.ts'
import { callerPlace } from '../../../model/place.ts'
import { shownOr } from '../../../model/settled.ts'
import type { ShuffleOptions } from '../dstream.ts'
import { optionsIn } from '../shuffle-options.ts'

/**
 * Checked length and slide in ms. Both must be multiples of the parent's slide, not of the batch interval (Spark:
 * `WindowedDStream`).
 */
export function windowArgs(
  parentSlideMs: number,
  length: DurationLike,
  slide: DurationLike | undefined,
): { lengthMs: number; slideMs: number } {
  const lengthMs = multiple('window duration', intervalMs(length, 'window length'), parentSlideMs)
  const slideMs =
    slide === undefined ? parentSlideMs : multiple('slide duration', intervalMs(slide, 'window slide'), parentSlideMs)
  return { lengthMs, slideMs }
}

function multiple(what: string, ms: number, parentSlideMs: number): number {
  if (ms % parentSlideMs === 0) return ms
  const below = Math.floor(ms / parentSlideMs) * parentSlideMs
  const choices = [below, below + parentSlideMs]
    .filter((choice) => choice > 0)
    .map((choice) => `milliseconds(${choice})`)
  throw new SluiceError(
    'E_WINDOW',
    `The ${what} of windowed DStream (${ms} ms) must be a multiple of the slide duration of parent ` +
      `DStream (${parentSlideMs} ms).`,
    {
      where: { place: callerPlace() },
      did: 'nothing was started',
      spark: 'IllegalArgumentException',
      next: [`use ${choices.join(' or ')}`],
    },
  )
}

/**
 * Spark's two orders of arguments: with the inverse in front of the window, or without, and then one less than `most`.
 */
export function withInverse(caller: string, rest: any[], most: number): any[] {
  if (typeof rest[0] === 'function' || rest[0] === null) return rest
  const surplus = rest[most - 1]
  if (surplus === undefined) return [null, ...rest]
  throw badArgument(
    `${caller} takes ${most} arguments at most where it has no inverse, and was given ${rest.length + 1}.`,
    `leave out ${shownOr(surplus)}`,
  )
}

/** What comes last, with the filter that Spark has behind it. */
export function withFilter(parts: any, filter: unknown): any {
  if (filter === undefined || filter === null) return parts
  needsFunction(filter, 'the filter of reduceByKeyAndWindow')
  if (parts === undefined) return { filter }
  const options = optionsIn<ShuffleOptions & { readonly filter?: unknown }>(parts)
  if (options?.filter !== undefined) throw badArgument('reduceByKeyAndWindow was given two filters.', 'leave one out')
  return options ? { ...options, filter } : { partitions: parts, filter }
}
