import type { Workload } from '../workload.ts'
import { wordcount } from './wordcount.ts'

export const workloads: readonly Workload[] = [wordcount]
