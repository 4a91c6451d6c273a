import type { Setting } from './kinds.ts'

/** Every variable of the environment that belongs to the library. `of` says who reads it. */
export const variables = {
  SLUICE_DIR: {
    of: 'command line',
    kind: 'text',
    initial: null,
    says: 'The directory for head, blobs and state where `--dir` is not given.',
  },
  SLUICE_TABLE: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'none: heads lie in the bucket, below `heads/`',
    says: 'The DynamoDB table that holds the heads.',
  },
  SLUICE_BUCKET: {
    of: 'functions',
    kind: 'text',
    initial: null,
    says: 'The S3 bucket for blobs.',
  },
  SLUICE_TASK_FUNCTION: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'required by the coordinator',
    says: 'The name of the task function.',
  },
  SLUICE_OUTPUT_FUNCTION: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'required by the coordinator',
    says: 'The name of the output function.',
  },
  SLUICE_TICK_QUEUE: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'none: below a minute the coordinator waits for its batches',
    says: 'The address of the queue by which the coordinator wakes itself for batches.',
  },
  SLUICE_RECEIVER: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'required by the function of a receiver',
    says: 'The source whose receiver this function runs.',
  },
  SLUICE_SLOTS: {
    of: 'functions',
    kind: 'whole',
    initial: '4',
    min: 1,
    max: 1000,
    says: 'Tasks of a stage that run at once, and what `local[*]` means.',
  },
  SLUICE_WATCHED: {
    of: 'sluice dev',
    kind: 'text',
    initial: null,
    says: 'Set by `sluice dev` for its runs.',
  },
  SLUICE_SOURCES: {
    of: 'sluice dev',
    kind: 'text',
    initial: null,
    says: 'Set by `sluice dev` for its runs: what `--source` says.',
  },
  SLUICE_OUTPUTS: {
    of: 'sluice dev',
    kind: 'text',
    initial: null,
    says: 'Set by `sluice dev` for its runs: what `--outputs` says.',
  },
  SLUICE_TRACE: {
    of: 'simulator',
    kind: 'whole',
    initial: null,
    min: 0,
    max: 1_000_000,
    says: 'Keeps stacks, and shows so many lines of what happened before a violation.',
  },
  SLUICE_SEED: {
    of: 'tests',
    kind: 'whole',
    initial: null,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    says: 'Runs a random test with the seed that it printed.',
  },
  SLUICE_TIMES: {
    of: 'tests',
    kind: 'whole',
    initial: null,
    min: 1,
    max: 1_000_000,
    says: 'How often a repeated test runs.',
  },
  SLUICE_WRITE_DOCS: {
    of: 'tests',
    kind: 'text',
    initial: null,
    says: 'Writes what pages show instead of comparing it.',
  },
} as const satisfies Record<string, Setting & { readonly of: string }>

export type VariableName = keyof typeof variables

/** `process.env`, or what stands in for it. */
export type Environment = Readonly<Record<string, string | undefined>>
