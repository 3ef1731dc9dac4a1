/**
 * A CloudEvent in structured mode, as it is documented.
 *
 * The route reads it with the rules of the domain (read-structured-cloud-event.ts), which tell each mistake apart.
 */
import { z } from 'zod'

export const cloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().min(1).describe('Source and id are its identity: sent again, it is stored once.'),
    source: z.string().min(1).describe('A URI reference.'),
    type: z.string().min(1).max(255),
    subject: z.string().min(1).optional(),
    time: z.iso.datetime({ offset: true }).optional(),
    datacontenttype: z.string().optional(),
    dataschema: z.string().optional().describe('An absolute URI.'),
    data: z.unknown(),
    data_base64: z.string().optional().describe('Bytes, instead of `data`.'),
  })
  .catchall(z.union([z.string(), z.int(), z.boolean()]))
  .describe('A CloudEvent 1.0. Other attributes are extensions, and are passed on to targets.')
