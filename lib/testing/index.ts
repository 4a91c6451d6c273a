/** For tests of programs: the real engine on in-memory stores, with time that passes when the test says so. */
export { testApp, TestApp } from './test-app.ts'
export type { Program, RestartOptions, TestAppOptions } from './test-app.ts'
export type { TestBatch } from './test-batch.ts'
export type { Crash, Failure } from './test-faults.ts'
export type { CrashPoint } from './test-life.ts'
export type { AddOptions, TestSource } from './test-source.ts'
export type { Simulation } from '../simulator/program/simulation.ts'
export type { ShownBatch, TestOutput } from './test-output.ts'
