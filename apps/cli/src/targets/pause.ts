/** `manifold targets pause` and `resume`: stop and go. Nothing is lost meanwhile. */
import type { Session } from '../api/session.ts'
import type { ExitCode } from '../exit-codes.ts'
import { printTarget } from './show.ts'

export async function pauseTarget(session: Session, name: string): Promise<ExitCode> {
  return printTarget(session, await session.client.targets.pause(name, { signal: session.signal }))
}

export async function resumeTarget(session: Session, name: string): Promise<ExitCode> {
  return printTarget(session, await session.client.targets.resume(name, { signal: session.signal }))
}
