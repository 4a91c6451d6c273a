/** The codec of a single value. `readValue` gives back what `writeValue` was given. */
export { readValue } from './read-value.ts'
export { writeValue } from './write-value.ts'
