import type { Workload } from '../workload.ts'
import { bill } from './bill.ts'
import { costWorkloads } from './costs.ts'
import { empty } from './empty.ts'
import { first } from './first.ts'
import { functions } from './functions.ts'
import { grep } from './grep.ts'
import { growth } from './growth.ts'
import { kafkaRead } from './kafka.ts'
import { kinesisRead } from './kinesis.ts'
import { life } from './life.ts'
import { memory } from './memory.ts'
import { s3Read } from './s3.ts'
import { sliding } from './sliding.ts'
import { state } from './state.ts'
import { wordcount } from './wordcount.ts'
import { ysb } from './ysb.ts'

export const workloads: readonly Workload[] = [
  wordcount,
  grep,
  ysb,
  sliding,
  state,
  growth,
  ...costWorkloads,
  empty,
  first,
  memory,
  kafkaRead,
  kinesisRead,
  s3Read,
  bill,
  functions,
  life,
]
