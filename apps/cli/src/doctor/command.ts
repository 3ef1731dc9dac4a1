/** `manifold doctor`: is everything here as it must be; if not, what breaks and how to mend it. */
import { Command } from 'commander'
import { withJson } from '../api/session.ts'
import type { DoctorOptions } from './doctor.ts'

export function doctorCommand(): Command {
  return withJson(new Command('doctor'))
    .description('check settings, config, secrets, Redis and every target from here; no event is sent')
    .option('--target <name>', 'only this target and its secrets; repeat it for several', collect, [])
    .option('--strict', 'end with 1 for a warning, too')
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor.ts')
      process.exitCode = await doctor(options)
    })
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}
