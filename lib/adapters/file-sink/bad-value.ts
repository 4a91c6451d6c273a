import { SluiceError } from '../../model/errors.ts'

/** A record that the format has no form for. `path` leads to the value: `record[3].price`. */
export const badValue = (path: string, why: string, next: readonly string[] = []): SluiceError =>
  new SluiceError('E_SINK_VALUE', `${path} ${why}.`, {
    where: { detail: path },
    did: 'nothing of its partition was written',
    next: [...next, 'map the record to what the column takes'],
  })
