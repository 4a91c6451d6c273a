import type { Setting } from './kinds.ts'

/** Every variable of the environment that belongs to the library. `of` says who reads it. */
export const variables = {
  SLUICE_DIR: {
    of: 'command line',
    kind: 'text',
    initial: null,
  },
  SLUICE_TABLE: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'none: heads lie in the bucket, below `heads/`',
  },
  SLUICE_BUCKET: {
    of: 'functions',
    kind: 'text',
    initial: null,
  },
  SLUICE_TASK_FUNCTION: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'required by the coordinator',
  },
  SLUICE_OUTPUT_FUNCTION: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'required by the coordinator',
  },
  SLUICE_TICK_QUEUE: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'none: below a minute the coordinator waits for its batches',
  },
  SLUICE_RECEIVER: {
    of: 'functions',
    kind: 'text',
    initial: null,
    initially: 'required by the function of a receiver',
  },
  SLUICE_SLOTS: {
    of: 'functions',
    kind: 'whole',
    initial: '4',
    min: 1,
    max: 1000,
  },
  SLUICE_WATCHED: {
    of: 'sluice dev',
    kind: 'text',
    initial: null,
  },
  SLUICE_SOURCES: {
    of: 'sluice dev',
    kind: 'text',
    initial: null,
  },
  SLUICE_OUTPUTS: {
    of: 'sluice dev',
    kind: 'text',
    initial: null,
  },
  SLUICE_TRACE: {
    of: 'simulator',
    kind: 'whole',
    initial: null,
    min: 0,
    max: 1_000_000,
  },
  SLUICE_SEED: {
    of: 'tests',
    kind: 'whole',
    initial: null,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  },
  SLUICE_TIMES: {
    of: 'tests',
    kind: 'whole',
    initial: null,
    min: 1,
    max: 1_000_000,
  },
  SLUICE_WRITE_DOCS: {
    of: 'tests',
    kind: 'text',
    initial: null,
  },
} as const satisfies Record<string, Setting & { readonly of: string }>

export type VariableName = keyof typeof variables

/** `process.env`, or what stands in for it. */
export type Environment = Readonly<Record<string, string | undefined>>
