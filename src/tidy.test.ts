// Holds what a machine can check of ARCHITECTURE.md and of the house style. A rule that is not here is a wish.
import { expect, test } from 'vitest'
import { readSources, type Source } from '../rig/source.ts'
import { arrowFaults, circles, packageFaults } from '../rig/tidy-arrows.ts'
import { conformanceFaults, unused } from '../rig/tidy-reach.ts'
import { assertionFaults, skippedTests } from '../rig/tidy-tests.ts'
import { barrels, chanceAndTimeFaults, longFiles, longFunctions, namelessNames } from '../rig/tidy-text.ts'

const ours = readSources('src')
const everything = readSources('src', 'rig', 'scripts', 'e2e', 'bench')

const rules: readonly [string, (sources: readonly Source[]) => string[], readonly Source[]][] = [
  ['arrows run only as the table of rooms allows', arrowFaults, ours],
  ['domain files import no package, and each driver stays in its room', packageFaults, ours],
  ['no file imports itself by way of others', circles, everything],
  ['no file is longer than 300 lines', longFiles, everything],
  ['no function is longer than 70 lines', longFunctions, everything],
  ['names say what a file holds', namelessNames, everything],
  ['no file only hands on what others export', barrels, everything],
  ['time and chance are drawn in lib alone', chanceAndTimeFaults, ours],
  ['every file is reached from a program', unused, ours],
  ['every implementation of a port runs its conformance suite', conformanceFaults, ours],
  ['no test is skipped, put off, or run alone', skippedTests, everything],
  ['every test asserts something', assertionFaults, everything],
]

test.each(rules)('%s', (_rule, faultsOf, sources) => {
  expect(faultsOf(sources)).toEqual([])
})

test('there is something to look at', () => {
  expect(ours.length).toBeGreaterThan(30)
})
