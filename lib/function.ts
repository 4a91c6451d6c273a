// 'sluice' in the bundle of a function, under the condition `sluice-function`: the same names, and no engine,
// directory, socket or worker, because 'sluice/lambda' runs the program there.
export * from './names.ts'
