/**
 * The event catalogue: a schema for the data of each event type, and a `defineTarget` that knows them.
 *
 * Only types and a bag of schemas: what a target subscribes to decides the type of `event` in its functions, so that a
 * wrong field is a type error.
 */
import type { ManifoldEvent } from '@manifold/domain'
import type { z } from 'zod'
import type { TargetDefinition } from './define-target.ts'

export type EventSchemas = Readonly<Record<string, z.ZodType>>

/** Whether a type fits a pattern: `*` one segment, `**` any number. */
type Fits<Type extends string, Pattern extends string> = Pattern extends '**'
  ? true
  : Pattern extends `**.${infer Rest}`
    ? Fits<Type, Rest> extends true
      ? true
      : Type extends `${string}.${infer Later}`
        ? Fits<Later, Pattern>
        : false
    : Pattern extends `${infer Head}.${infer Rest}`
      ? Type extends `${infer First}.${infer Later}`
        ? Head extends '*' | First
          ? Fits<Later, Rest>
          : false
        : Rest extends '**'
          ? Head extends '*' | Type
            ? true
            : false
          : false
      : Type extends `${string}.${string}`
        ? false
        : Pattern extends '*' | Type
          ? true
          : false

type TypesThatFit<Schemas extends EventSchemas, Pattern extends string> = {
  [Type in keyof Schemas & string]: Pattern extends string
    ? Fits<Type, Pattern> extends true
      ? Type
      : never
    : never
}[keyof Schemas & string]

/** The events a list of patterns selects: a union that is told apart by `type`. */
export type EventOf<Schemas extends EventSchemas, Pattern extends string> = {
  [Type in TypesThatFit<Schemas, Pattern>]: Omit<ManifoldEvent<z.input<Schemas[Type]>>, 'type'> & {
    readonly type: Type
  }
}[TypesThatFit<Schemas, Pattern>]

export type EventCatalogue<Schemas extends EventSchemas> = {
  readonly schemas: Schemas
  /** Types a target whose events are in the catalogue. */
  readonly defineTarget: <const Pattern extends string>(
    definition: TargetDefinition<EventOf<Schemas, Pattern>> & { subscribe: readonly Pattern[] },
  ) => TargetDefinition
}

export function defineEvents<const Schemas extends EventSchemas>(schemas: Schemas): EventCatalogue<Schemas> {
  return {
    schemas,
    // What the functions take was narrowed by their patterns; the router gives them no other events.
    defineTarget: (definition) => definition as unknown as TargetDefinition,
  }
}
