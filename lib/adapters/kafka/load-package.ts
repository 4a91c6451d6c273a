import { systemCode } from '../../model/system-code.ts'
import type * as kafkaPackage from '@platformatic/kafka'
import { SluiceError } from '../../model/errors.ts'

/** Loads a package on first use: Kafka's client costs a quarter of a second at start. Throws `E_KAFKA_PACKAGE`. */
export async function loadPackage<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load()
  } catch (cause) {
    if (systemCode(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new SluiceError('E_KAFKA_PACKAGE', `The package ${name} is not installed.`, {
      did: 'no connection was opened',
      next: [`npm install ${name}`],
      cause,
    })
  }
}

export type KafkaPackage = typeof kafkaPackage

export const loadKafka = (): Promise<KafkaPackage> =>
  loadPackage('@platformatic/kafka', () => import('@platformatic/kafka'))
