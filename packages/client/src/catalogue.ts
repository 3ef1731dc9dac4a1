/**
 * What an event catalogue says about the data of each type. Types only: nothing of the catalogue is imported when
 * a program runs, so a browser never loads its schemas.
 *
 * A schema is read by Standard Schema (`~standard`), which zod and its like all carry.
 */

/** What a client without a catalogue may send: any type, any data. */
export type AnyEvents = Readonly<Record<string, unknown>>

/** The schemas of what `defineEvents` gave, or the object as it is. */
type EntriesOf<Catalogue> = Catalogue extends {
  readonly schemas: infer Schemas
  readonly defineTarget: unknown
}
  ? Schemas
  : Catalogue

/** What may be sent: what goes into the schema, before its defaults and transforms. */
type DataOf<Entry> = Entry extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : unknown
  : Entry

/** The data of each event type: from `typeof events`, from `typeof events.schemas`, or from plain types. */
export type DataByType<Catalogue> = {
  readonly [Type in keyof EntriesOf<Catalogue> & string]: DataOf<EntriesOf<Catalogue>[Type]>
}
