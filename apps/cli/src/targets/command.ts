/** `manifold targets`: the APIs that events go to. */
import { Command } from 'commander'
import { asksProducer, withJson, type Session } from '../api/session.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { TestOptions } from './test-target.ts'

export function targetsCommand(): Command {
  const targets = new Command('targets').description('the APIs that events go to')
  asksProducer(
    targets.command('list').description('every target of the config, and how it is doing'),
    async (session) => (await import('./list.ts')).listTargets(session),
  )
  onOne(
    targets,
    'show',
    'one target: its settings without secrets, and how it is doing',
    async (session, name) => (await import('./show.ts')).showTarget(session, name),
  )
  onOne(targets, 'pause', 'stop deliveries to a target; nothing is lost, they wait', async (session, name) =>
    (await import('./pause.ts')).pauseTarget(session, name),
  )
  onOne(targets, 'resume', 'let deliveries to a target go again', async (session, name) =>
    (await import('./pause.ts')).resumeTarget(session, name),
  )
  test(targets)
  return targets
}

function onOne(
  parent: Command,
  verb: string,
  description: string,
  act: (session: Session, name: string) => Promise<ExitCode>,
): void {
  const command = parent.command(verb).description(description).argument('<name>', 'of the target')
  asksProducer(command, (session, _options, [name = '']) => act(session, name))
}

function test(parent: Command): void {
  const command = parent
    .command('test')
    .description(
      'send one test event from here straight to a target, and show request and answer; nothing is recorded',
    )
  withJson(command)
    .argument('<name>', 'of the target, in the config that MANIFOLD_CONFIG names')
    .option('--type <type>', "of the event; else the first type that the target names, else 'test.event'")
    .option('--data <json>', 'of the event; else {"test": true}')
    .option('--event <file>', 'a whole event as JSON, from a file or - for the input')
    .action(async (name: string, options: TestOptions) => {
      const { testTarget } = await import('./test-target.ts')
      process.exitCode = await testTarget(command, name, options)
    })
}
