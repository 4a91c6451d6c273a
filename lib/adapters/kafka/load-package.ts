import type * as kafkaPackage from '@platformatic/kafka'
import { SluiceError } from '../../model/errors.ts'
import { installed } from '../../model/installed.ts'

/** Loads a package on first use: Kafka's client costs a quarter of a second at start. Throws `E_KAFKA_PACKAGE`. */
export const loadPackage = <M>(name: string, load: () => Promise<M>): Promise<M> =>
  installed(
    load,
    (cause) =>
      new SluiceError('E_KAFKA_PACKAGE', `The package ${name} is not installed.`, {
        did: 'no connection was opened',
        next: [`npm install ${name}`],
        cause,
      }),
  )

export type KafkaPackage = typeof kafkaPackage

export const loadKafka = (): Promise<KafkaPackage> =>
  loadPackage('@platformatic/kafka', () => import('@platformatic/kafka'))
