/**
 * Wrong clocks: the wall clock of one process goes wrong (Debian's libfaketime), and can be moved while it runs. Its monotonic
 * clock stays as it is, as on a machine whose clock somebody sets.
 */
import { existsSync, globSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installDebianPackage } from './debian-package.ts'

const LIBRARIES = '/usr/lib/*/faketime/libfaketimeMT.so.1'
const PACKAGE = 'faketime'

export type WrongClock = {
  /** What a process is to be started with. */
  readonly environment: Readonly<Record<string, string>>
  /** Moves it so far away from what is right; at once. */
  readonly set: (offset: `${'+' | '-'}${number}${'h' | 's'}`) => void
}

/** The library, installed if need be. @returns `undefined` where it is not to be had */
export function ensureFaketime(): string | undefined {
  const find = () => globSync(LIBRARIES).find((file) => existsSync(file))
  return find() ?? (installDebianPackage(PACKAGE, () => undefined) ? find() : undefined)
}

let made = 0

/** A clock that is right until it is set. @param folder for the file that moves it */
export function createWrongClock(library: string, folder: string): WrongClock {
  const file = join(folder, `clock-${String(++made)}`)
  const set: WrongClock['set'] = (offset) => {
    // Never seen half written.
    writeFileSync(`${file}.new`, `${offset}\n`)
    renameSync(`${file}.new`, file)
  }
  set('+0s')
  return {
    set,
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  }
}
