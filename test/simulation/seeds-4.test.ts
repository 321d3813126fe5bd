import { describeSeeds } from './seeds.ts'

describeSeeds(2251, 3000)
