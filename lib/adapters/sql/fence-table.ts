import { nameLengthMax } from './partition.ts'

/** The columns of a fence table, with the type of its texts as the database calls it. */
export const fenceColumns = (text: (length: number) => string, whole: string): string =>
  `(app ${text(nameLengthMax)} not null, inc ${text(nameLengthMax)} not null, sink ` +
  `${text(nameLengthMax)} not null, part ${whole} not null, batch ${whole} not null, primary key (app, ` +
  'inc, sink, part))'
