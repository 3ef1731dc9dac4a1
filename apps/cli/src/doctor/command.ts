/** `manifold doctor`: is everything here as it must be; if not, what breaks and how to mend it. */
import { Command, Option } from 'commander'
import { withJson } from '../api/session.ts'
import type { DoctorOptions } from './doctor.ts'

export function doctorCommand(): Command {
  const command = withJson(new Command('doctor'))
  return command
    .description('check settings, config, secrets, Redis and every target from here; no event is sent')
    .option(
      '--target <name>',
      'only this target and its secrets, as its worker needs them; repeat it for several',
      collect,
      [],
    )
    .addOption(
      new Option('--part <part>', 'only what this part needs; else what all need').choices([
        'producer',
        'worker',
      ]),
    )
    .option('--strict', 'end with 1 for a warning, too')
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor.ts')
      process.exitCode = await doctor(command, options)
    })
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}
