import { gcHandler } from 'sluice/lambda/coordinator'

/** Once an hour: deletes what nothing leads to any more. */
export const handler = gcHandler()
