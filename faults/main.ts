/**
 * The fault suite: `npm run faults` runs every scenario, `npm run faults -- redis-killed --quick` a small one of its name.
 *
 * Owns the order of the scenarios and the exit code: any finding is a failure, and so is a scenario that was asked for by name
 * and cannot be run here. Of all scenarios those that cannot are only listed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describeMachine } from '../bench/report/machine.ts'
import { parseFaultArguments } from './arguments.ts'
import { findingLines } from './oracle/finding.ts'
import { resultsMarkdown, writeResults } from './report/write-results.ts'
import { runScenario, type Result } from './run-scenario.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'

const print = (text: string) => process.stdout.write(`${text}\n`)
const folder = mkdtempSync(join(tmpdir(), 'manifold-faults-'))
const results: Result[] = []
try {
  const known = SCENARIOS.map(({ name }) => name)
  const { names, named, quick, seed, out } = parseFaultArguments(process.argv.slice(2), known)
  const report = { quick, seed, startedAt: new Date().toISOString(), machine: describeMachine(), results }
  for (const scenario of SCENARIOS.filter(({ name }) => names.includes(name))) {
    print(`${scenario.name}: ${scenario.title}`)
    const result = await runScenario(scenario, { folder, quick, seed })
    results.push(result)
    print(`  ${result.seen}; ${(result.tookMs / 1_000).toFixed(1)} s in all`)
    for (const line of findingLines(result.findings)) print(`  FOUND ${line}`)
    writeResults(resolve(out), report)
  }
  print(`\n${resultsMarkdown(results)}\n\nWritten to ${resolve(out)}.`)
  const notRun = results.filter((result) => result.notRun !== undefined)
  for (const { name, seen } of notRun) print(`${name}: ${seen}`)
  if (named && notRun.length > 0) process.exitCode = 1
} catch (error) {
  process.stderr.write(
    `\nthe fault suite failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exitCode = 1
}
// What was found is looked into with the logs of the parts, the receiver's log and the ledger.
if (process.exitCode === undefined && results.every(({ findings }) => findings.length === 0))
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
else {
  print(`The logs, the ledger and the receiver's log are in ${folder}.`)
  process.exitCode = 1
}

// Left to itself the process ends here, and Node 26.10 then often spins for ever in its own clean-up: `FreeEnvironment`,
// `CleanupHandles`, `uv_run`, without a system call (seen with gdb). Which handle it waits for is not known; this leaves that out.
process.exit()
