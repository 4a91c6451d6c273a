// The output function before it is given a program: what the library itself brings.
export { outputHandler as handler } from 'sluice/lambda'
