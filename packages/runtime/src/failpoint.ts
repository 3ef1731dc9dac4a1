/**
 * Failpoints: named places where a test makes the process die, to prove that what follows is made good.
 *
 * Off, a failpoint is a call of an empty function. On (`MANIFOLD_FAILPOINT=settled`), the process kills itself there
 * with SIGKILL, as a crash would: nothing is flushed, closed or caught.
 */
export type Failpoint = (name: string) => void

/** @param armed the one name at which to die; `''` for none */
export function createFailpoint(armed: string): Failpoint {
  if (armed === '') return () => undefined
  return (name) => {
    if (name === armed) process.kill(process.pid, 'SIGKILL')
  }
}
