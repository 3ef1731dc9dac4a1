/** How the receiver answers: the script a scenario gives it for a target, as it goes over the wire. */
import { z } from 'zod'

const answer = z.union([
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    /**
     * `seconds`, and the three forms that a date has (RFC 9110, section 5.6.7), ask for so many whole seconds; `text` is sent
     * as it stands, a list as a header of its own each, and asks for nothing that can be read.
     */
    retryAfter: z
      .union([
        z.strictObject({
          form: z.enum(['seconds', 'date', 'rfc-850-date', 'asctime-date']),
          seconds: z.int(),
        }),
        z.strictObject({ form: z.literal('text'), text: z.union([z.string(), z.array(z.string())]) }),
      ])
      .optional(),
    afterMs: z.int().min(0).optional(),
  }),
  /** Cuts the connection: before it says anything, behind its headers, or in the middle of its body. */
  z.strictObject({ kind: z.literal('reset'), when: z.enum(['before-headers', 'after-headers', 'in-body']) }),
  /** Never answers. */
  z.strictObject({ kind: z.literal('hang') }),
  /** 200, and then a byte each so many milliseconds, for ever. */
  z.strictObject({ kind: z.literal('drip'), everyMs: z.int().min(1) }),
  /** A body of that size, as fast as it is taken. Whoever has read `enoughBytes` of it has seen what it says. */
  z.strictObject({
    kind: z.literal('big'),
    status: z.int().min(200).max(599),
    bytes: z.int().min(0),
    enoughBytes: z.int().min(0),
  }),
  /** Something that is no HTTP; or a status line that is none. */
  z.strictObject({ kind: z.literal('garbage'), what: z.enum(['bytes', 'status-line']).optional() }),
])

export const behaviour = z.union([
  answer,
  /** The first request of a delivery gets the first answer, the next one the next; the last one stays. */
  z.strictObject({ kind: z.literal('sequence'), answers: z.array(answer).min(1) }),
  /** So long one answer, so long the other. */
  z.strictObject({ kind: z.literal('flap'), everyMs: z.int().min(1), answers: z.tuple([answer, answer]) }),
  /** One of them by chance, as often as its weight says. */
  z.strictObject({
    kind: z.literal('mixed'),
    answers: z.array(z.strictObject({ weight: z.number().gt(0), answer })).min(1),
  }),
])

export type Answer = z.infer<typeof answer>
export type Behaviour = z.infer<typeof behaviour>

export const OK: Answer = { kind: 'status', status: 200 }

/**
 * Chooses the answer to one request.
 * @param attempt which request of its delivery it is, from 1
 * @param random in [0, 1)
 */
export function chooseAnswer(script: Behaviour, attempt: number, nowMs: number, random: number): Answer {
  switch (script.kind) {
    case 'sequence':
      return script.answers[Math.min(attempt, script.answers.length) - 1] ?? OK
    case 'flap':
      return script.answers[Math.floor(nowMs / script.everyMs) % 2 === 0 ? 0 : 1]
    case 'mixed':
      return byWeight(script.answers, random)
    case 'status':
    case 'reset':
    case 'hang':
    case 'drip':
    case 'big':
    case 'garbage':
      return script
    default:
      return script satisfies never
  }
}

function byWeight(answers: readonly { weight: number; answer: Answer }[], random: number): Answer {
  let left = random * answers.reduce((sum, { weight }) => sum + weight, 0)
  for (const { weight, answer: one } of answers) {
    left -= weight
    if (left < 0) return one
  }
  return OK
}
