/** The command line: `npm start` is `manifold dev`; `npm run manifold -- --help` lists the rest. */
import { CommanderError } from 'commander'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { isPartCommand, partsProgram } from './parts/commands.ts'

const json = process.argv.includes('--json')

try {
  await parse()
} catch (error) {
  const { describeFailure, describeMisuse } = await import('./report-failure.ts')
  if (error instanceof CommanderError) {
    // Help and version are no mistake; to people a mistake is told already.
    if (error.exitCode === 0) end('', EXIT.ok)
    else end(json ? describeMisuse(error.message) : '', EXIT.usage)
  } else {
    const { text, exitCode } = describeFailure(error, json)
    end(text, exitCode)
  }
}

/** A part that starts loads no other command. */
async function parse(): Promise<void> {
  if (isPartCommand(process.argv[2])) await partsProgram().parseAsync()
  else await (await import('./program.ts')).createProgram(json).parseAsync()
}

/** Ends the process when all that was written has arrived: a reader may be slow. */
function end(text: string, exitCode: ExitCode): void {
  process.stderr.write(text, () => {
    process.stdout.write('', () => process.exit(exitCode))
  })
}
