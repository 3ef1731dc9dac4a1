/** Columns for people: as wide as what stands in them, no lines in between, so that a row is a line to grep. */
import { styleText, type InspectColor } from 'node:util'
import { plainText } from './plain-text.ts'

export type Cell = string | { readonly text: string; readonly tint: InspectColor | undefined }

export type ColumnsOptions = {
  /** Whether tints show. */
  readonly colour: boolean
  /** Lines are cut to it; `undefined`: not at all. */
  readonly width?: number | undefined
}

const GAP = '  '

/** The lines of a table, each with its line end. */
export function columns(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: ColumnsOptions,
): string {
  const heads = header.map((text): Cell => ({ text, tint: 'bold' }))
  const widths = header.map((head, index) =>
    Math.max(head.length, ...rows.map((row) => textOf(row[index] ?? '').length)),
  )
  return [heads, ...rows].map((row) => `${line(row, widths, options)}\n`).join('')
}

/** Names and values, one pair a line, the values under one another. */
export function pairs(rows: readonly (readonly [string, Cell])[], colour: boolean): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows
    .map(([name, value]) => `${name.padEnd(width)}${GAP}${tinted(value, textOf(value), colour)}\n`)
    .join('')
}

function line(row: readonly Cell[], widths: readonly number[], { colour, width }: ColumnsOptions): string {
  let left = width ?? Infinity
  const parts: string[] = []
  for (const [index, cell] of row.entries()) {
    const last = index === row.length - 1
    const text = last ? textOf(cell) : textOf(cell).padEnd(widths[index] ?? 0)
    // What a row is about is for copying: never cut.
    const shown = index > 0 && text.length > left ? `${text.slice(0, Math.max(0, left - 1))}…` : text
    parts.push(tinted(cell, shown, colour))
    left -= text.length + GAP.length
    if (left <= 0) break
  }
  return parts.join(GAP).trimEnd()
}

function textOf(cell: Cell): string {
  return plainText(typeof cell === 'string' ? cell : cell.text)
}

/** A cell by itself, at least `width` wide. */
export function cell(content: Cell, width: number, colour: boolean): string {
  return tinted(content, textOf(content).padEnd(width), colour)
}

function tinted(cell: Cell, text: string, colour: boolean): string {
  if (!colour || typeof cell === 'string' || cell.tint === undefined) return text
  return styleText(cell.tint, text, { validateStream: false })
}
