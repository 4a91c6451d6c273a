// The task function before it is given a program: what the library itself brings.
export { taskHandler as handler } from 'sluice/lambda'
