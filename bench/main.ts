/**
 * The bench: `npm run bench` measures everything, `npm run bench -- delivery latency` some of it.
 *
 * Owns the order of the suites and what they share. A missed target is printed as missed and is no failure; a count that does
 * not add up is one.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArguments } from './arguments.ts'
import { describeMachine } from './report/machine.ts'
import { resultMarkdown } from './report/markdown.ts'
import { pasteIntoDocs } from './report/paste.ts'
import { writeResults } from './report/write-results.ts'
import { startLoad } from './stage/load.ts'
import { startReceiver } from './stage/receiver.ts'
import { inScope } from './stage/scope.ts'
import { createDeliveryRate } from './suites/delivery-rate.ts'
import type { Bench } from './suites/suite.ts'
import { SUITES } from './suites/suites.ts'

const { suites, quick, out, docs } = parseArguments(
  process.argv.slice(2),
  SUITES.map((suite) => suite.name),
)
const print = (text: string) => process.stdout.write(`${text}\n`)
const folder = mkdtempSync(join(tmpdir(), 'manifold-bench-'))
const removeFolder = () => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The programs end with this process: their channels to it close.
  process.once(signal, () => {
    removeFolder()
    process.exit(1)
  })
}

try {
  const machine = describeMachine()
  print(
    Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
  )
  const deliveryRate = createDeliveryRate()
  for (const suite of SUITES.filter(({ name }) => suites.includes(name))) {
    print(`\n## ${suite.title}\n`)
    const startedAt = new Date().toISOString()
    const result = await inScope(async (scope) => {
      const receiver = await startReceiver(scope, folder)
      const load = await startLoad(scope, folder)
      const bench: Bench = {
        quick,
        folder,
        receiver,
        load,
        say: (line) => print(`  ${line}`),
        deliveryRate: () => deliveryRate.read(bench),
        learnDeliveryRate: deliveryRate.learn,
      }
      return suite.run(bench)
    })
    const report = { ...suite, quick, machine, startedAt, result }
    writeResults(resolve(out), report)
    if (docs) pasteIntoDocs(report)
    print(`\n${resultMarkdown(result, '')}`)
  }
  print(`\nWritten to ${resolve(out)}.${quick ? ' This was a smoke run: its figures mean nothing.' : ''}`)
} catch (error) {
  process.stderr.write(`\nthe bench failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  removeFolder()
}
