import { SluiceError } from '../../model/errors.ts'
import { given } from '../../model/given.ts'

/** What a program did that ended its process, with `code`, while its streams were running; `place` is where. */
export const leftBehind = (code: number, place: string): SluiceError =>
  new SluiceError('E_EXIT', `The program called process.exit(${code}) while its streams were running.`, {
    where: { exitCode: code, ...given({ place: place !== '' && place }) },
    did: 'the batch under way was not finished; what is committed stays, and the next start goes on from there',
    next: ['end a run with await ssc.stop(), or leave it to ^C and --batches', 'throw an error where one is meant'],
  })
