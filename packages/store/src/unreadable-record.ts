/** An event that is there, and cannot be read: of a very early version, or changed by hand. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError'
  readonly eventId: string

  /** @param why never with what the record holds: it is shown, and logged */
  constructor(eventId: string, why: string) {
    super(`the record of ${eventId} is there, but cannot be read: ${why}`)
    this.eventId = eventId
  }
}
