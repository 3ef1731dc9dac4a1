/** An example as a command that can be pasted into a shell. */
import type { Example, Operation } from '../operation.ts'
import { PATH_PARAMETERS } from '../path-parameters.ts'

/** Where a producer listens unless told otherwise. */
const ORIGIN = 'http://127.0.0.1:3000'

export function curlOf({ method, path }: Operation, example: Example): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => PATH_PARAMETERS[name]?.example ?? name)
  const query = new URLSearchParams(example.query).toString()
  const { body } = example
  const words = [
    'curl -s',
    ...(method === 'get' || (method === 'post' && body !== undefined) ? [] : [`-X ${method.toUpperCase()}`]),
    quoted(`${ORIGIN}${filled}${query === '' ? '' : `?${query}`}`),
    ...(body === undefined ? [] : [`-H ${quoted(`content-type: ${body.type}`)}`]),
    ...Object.entries(example.headers ?? {}).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-binary ${quoted(textOf(body.value))}`]),
  ]
  return words.join(' \\\n  ')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
