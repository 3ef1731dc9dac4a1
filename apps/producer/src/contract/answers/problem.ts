/** What every error looks like (RFC 9457). The codes are the catalogue's (packages/domain). */
import { PROBLEMS, type ProblemCode } from '@manifold/domain'
import { z } from 'zod'

const codes = Object.keys(PROBLEMS) as ProblemCode[]

export const problem = z
  .object({
    type: z.string().describe('`urn:manifold:problem:` and the code.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(codes).describe('Stable: a released code keeps its meaning.'),
    detail: z.string().optional().describe('What is wrong with this very request.'),
    errors: z
      .array(
        z.object({
          path: z.string().describe('Where: `data.items[2].price`.'),
          message: z.string(),
        }),
      )
      .readonly()
      .optional()
      .describe('Every wrong field.'),
    fix: z.string().describe('What to do about it.'),
    requestId: z.string().optional().describe('As in the `x-request-id` header and in the log.'),
  })
  .describe('An error, with a stable code and its fix.')

export type Problem = z.infer<typeof problem>

/** What a code of the catalogue looks like when it is sent. */
export function problemExample(code: ProblemCode): Problem {
  const { status, title, fix } = PROBLEMS[code]
  return {
    type: `urn:manifold:problem:${code}`,
    title,
    status,
    code,
    fix,
    requestId: '01KG9Q2V7KQ4J1S6T8Z3F5H7M9',
  }
}
