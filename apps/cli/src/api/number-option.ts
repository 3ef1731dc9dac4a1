/** Numbers on the command line. */
import { InvalidArgumentError } from 'commander'

/** A whole number of 1 or more. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d{1,9}$/.test(text) || count < 1) throw new InvalidArgumentError('use a whole number of 1 or more')
  return count
}

/** More than 0. @throws InvalidArgumentError */
export function parseRate(text: string): number {
  const rate = Number(text)
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(text) || rate <= 0) throw new InvalidArgumentError('use a number above 0')
  return rate
}
