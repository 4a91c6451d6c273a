import { testRandomFaults } from './random-campaigns.ts'

testRandomFaults('second')
