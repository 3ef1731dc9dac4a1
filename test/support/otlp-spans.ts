/**
 * What an OTLP exporter sent, decoded from protobuf by the numbers of opentelemetry-proto (trace/v1): written anew, so that
 * it shares no mistake with the exporter.
 */

export type OtlpSpan = {
  readonly traceId: string
  readonly spanId: string
  /** '' for a span without one. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: string
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly links: readonly { traceId: string; spanId: string; attributes: Attributes }[]
  readonly isError: boolean
  readonly resource: Attributes
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const ERROR = 2n

/** The spans of an ExportTraceServiceRequest. */
export function decodeSpans(body: Buffer): OtlpSpan[] {
  return fields(body, 1).flatMap((resourceSpans) => {
    const resource = attributesOf(fields(resourceSpans, 1)[0] ?? Buffer.alloc(0), 1)
    return fields(resourceSpans, 2).flatMap((scopeSpans) =>
      fields(scopeSpans, 2).map((span) => spanOf(span, resource)),
    )
  })
}

function spanOf(span: Buffer, resource: Attributes): OtlpSpan {
  const [status = Buffer.alloc(0)] = fields(span, 15)
  return {
    traceId: hexOf(span, 1),
    spanId: hexOf(span, 2),
    parentSpanId: hexOf(span, 4),
    name: textOf(span, 5),
    kind: KINDS[Number(numbers(span, 6)[0] ?? 0n)] ?? 'unknown',
    startMs: Number((numbers(span, 7)[0] ?? 0n) / 1_000_000n),
    endMs: Number((numbers(span, 8)[0] ?? 0n) / 1_000_000n),
    attributes: attributesOf(span, 9),
    links: fields(span, 13).map((link) => ({
      traceId: hexOf(link, 1),
      spanId: hexOf(link, 2),
      attributes: attributesOf(link, 4),
    })),
    isError: numbers(status, 3)[0] === ERROR,
    resource,
  }
}

function attributesOf(message: Buffer, field: number): Attributes {
  return Object.fromEntries(
    fields(message, field).map((pair) => [textOf(pair, 1), valueOf(fields(pair, 2)[0] ?? Buffer.alloc(0))]),
  )
}

function valueOf(value: Buffer): string | number | boolean | undefined {
  for (const { field, content } of read(value)) {
    if (field === 1 && typeof content !== 'bigint') return content.toString()
    if (field === 2) return content === 1n
    if (field === 3 && typeof content === 'bigint') return Number(content)
  }
  return undefined
}

const hexOf = (message: Buffer, field: number) => fields(message, field)[0]?.toString('hex') ?? ''
const textOf = (message: Buffer, field: number) => fields(message, field)[0]?.toString() ?? ''

function fields(message: Buffer, field: number): Buffer[] {
  return read(message).flatMap((one) =>
    one.field === field && typeof one.content !== 'bigint' ? [one.content] : [],
  )
}

function numbers(message: Buffer, field: number): bigint[] {
  return read(message).flatMap((one) =>
    one.field === field && typeof one.content === 'bigint' ? [one.content] : [],
  )
}

type Field = { readonly field: number; readonly content: bigint | Buffer }

/** The fields of a message, by their wire types. */
function read(message: Buffer): Field[] {
  const found: Field[] = []
  let at = 0
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const bytes = (length: number): Buffer => message.subarray(at, (at += length))
  while (at < message.length) {
    const tag = Number(varint())
    const field = tag >>> 3
    const wireType = tag & 7
    if (wireType === 0) found.push({ field, content: varint() })
    else if (wireType === 1) found.push({ field, content: bytes(8).readBigUInt64LE() })
    else if (wireType === 2) found.push({ field, content: bytes(Number(varint())) })
    else if (wireType === 5) found.push({ field, content: BigInt(bytes(4).readUInt32LE()) })
    else throw new Error(`no wire type ${String(wireType)} in OTLP`)
  }
  return found
}
