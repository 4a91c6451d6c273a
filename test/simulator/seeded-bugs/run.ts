import { bugs } from './bugs.ts'
import { hunt, tableOf } from './hunt.ts'

// Some bugs only, by a part of their names: `node test/simulator/seeded-bugs/run.ts sweep`.
const wanted = process.argv[2] ?? ''
const hunts = await hunt(bugs.filter(({ name }) => name.includes(wanted)))
console.log(tableOf(hunts))
if (wanted !== '') for (const { what } of hunts) console.log(what)
