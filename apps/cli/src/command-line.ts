/** The command line: `npm start` is `manifold dev`; `npm run manifold -- --help` lists the rest. */
import { CommanderError } from 'commander'
import { EXIT } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { describeFailure } from './report-failure.ts'

const program = createProgram()
const json = process.argv.includes('--json')

try {
  await program.parseAsync()
} catch (error) {
  // Said already; help and version are no mistake.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage)
  const { text, exitCode } = describeFailure(error, json)
  process.stderr.write(text, () => process.exit(exitCode))
}
