/**
 * Writes a long answer at the pace of its reader, and cuts off one who does not read at all.
 *
 * Owns no more than the waiting: what is written, and what ends with it, is the caller's.
 */
import type { Writable } from 'node:stream'

/** @returns false when the reader has gone, or was cut off: nothing more can be written */
export type PatientWrite = (text: string) => Promise<boolean>

/** @param stallMs how long a reader may take nothing while something waits for it */
export function createPatientWriter(answer: Writable, stallMs: number): PatientWrite {
  return async (text) => {
    if (answer.destroyed) return false
    if (answer.write(text)) return true
    return new Promise((resolve) => {
      const finish = (readable: boolean) => {
        clearTimeout(timer)
        answer.off('drain', onDrain).off('close', onClose)
        resolve(readable)
      }
      const onDrain = () => {
        finish(true)
      }
      const onClose = () => {
        finish(false)
      }
      const timer = setTimeout(() => {
        answer.destroy()
        finish(false)
      }, stallMs)
      answer.on('drain', onDrain).on('close', onClose)
    })
  }
}
