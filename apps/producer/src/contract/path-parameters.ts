/** The parameters in paths: one name, one meaning, in all operations. */

type PathParameter = { readonly description: string; readonly example: string }

export const PATH_PARAMETERS: Readonly<Record<string, PathParameter>> = {
  eventId: { description: 'The id of an event.', example: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC' },
  deliveryId: {
    description: 'The id of a delivery: of its event and its target.',
    example: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC-billing',
  },
  replayId: { description: 'The id of a bulk replay.', example: 'rpl_01KG9Q3A8N6V4YX9F5S7ZC2PED' },
  source: { description: 'The path of a source in the config.', example: 'github' },
  target: { description: 'The name of a target in the config.', example: 'crm' },
}

/** The names of the parameters in a path. */
export function parametersIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
}
