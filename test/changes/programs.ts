import type { OutputSink } from '../../lib/index.ts'

/** Tests replace it, so nothing reaches it. */
export const nowhere: OutputSink<any> = {
  name: 'nowhere',
  guarantee: 'exactly-once',
  write: () => Promise.reject(new Error('a test must not reach a real sink')),
}
