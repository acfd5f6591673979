/**
 * Rows by fingerprints: one pass over the table gives 16 bytes a row, inputs and targets apart, and keeps the cells of some
 * rows that are spread over it. Counts equal rows. Knows no splits and no messages.
 */
import {
  cellOf,
  keyOf,
  type MediaContent,
  type Piece,
  type Print,
  printCell,
  printTarget,
  visitPieces,
} from "./leaks-inputs.ts";
import { checkSignal } from "./modality.ts";
import type { Table } from "./source.ts";

/** What a table's rows are told apart by. */
export interface Inputs {
  readonly table: Table;
  readonly pieces: readonly Piece[];
  /** The columns of all targets. */
  readonly targets: readonly string[];
  readonly media: ReadonlyMap<string, MediaContent>;
  readonly signal?: AbortSignal;
}

/** Fingerprints by table row, 16 bytes each; 0 for rows of no part. */
export interface RowPrints {
  readonly inputs: Words;
  readonly targets: Words;
}

export interface Words {
  readonly a: Uint32Array;
  readonly b: Uint32Array;
}

/** A row's inputs as one number, and its inputs with its targets. */
export const inputsKey = ({ inputs }: RowPrints, row: number): number => keyOf(inputs.a[row]!, inputs.b[row]!);
export const rowKey = ({ inputs, targets }: RowPrints, row: number): number =>
  keyOf((inputs.a[row]! + targets.a[row]!) >>> 0, (inputs.b[row]! + targets.b[row]!) >>> 0);

/** Some rows, evenly spread, with all their cells. */
export interface Sample {
  readonly rows: Int32Array;
  readonly cells: ReadonlyMap<string, (string | null)[]>;
}

export const sampled = 2048;

/** Fingerprints rows, and keeps the cells of some. */
export async function printRows(inputs: Inputs, rows: Int32Array): Promise<{ prints: RowPrints; sample: Sample }> {
  const { table, pieces, targets, media, signal } = inputs;
  const words = (): Words => ({ a: new Uint32Array(table.rows), b: new Uint32Array(table.rows) });
  const prints: RowPrints = { inputs: words(), targets: words() };
  const used = new Uint8Array(table.rows);
  for (const row of rows) used[row] = 1;
  const chosen = spread(rows, sampled);
  for (const row of chosen) used[row] = 2;
  const kept = new Map<string, (string | null)[]>();
  const print: Print = { a: 0, b: 0 };
  await visitPieces(table, pieces, targets, (chunk) => {
    checkSignal(signal);
    const columns = [...chunk.cells].map(([name, cells]) => {
      if (!kept.has(name)) kept.set(name, []);
      return { cells, keep: kept.get(name)! };
    });
    for (let i = 0; i < chunk.rows; i++) {
      const row = chunk.start + i;
      if (used[row] === 0) continue;
      for (const piece of chunk.pieces) {
        printCell(piece, cellOf(piece, chunk.cells, i, row, media), print);
        prints.inputs.a[row]! += print.a;
        prints.inputs.b[row]! += print.b;
      }
      if (chunk.targets) {
        printTarget(
          targets.map((column) => chunk.cells.get(column)![i]),
          print,
        );
        prints.targets.a[row] = print.a;
        prints.targets.b[row] = print.b;
      }
      // A column of two groups is kept once.
      if (used[row] === 2)
        for (const { cells, keep } of columns) if (keep.length < chosen.length) keep.push(cells[i] ?? null);
    }
  });
  return { prints, sample: { rows: chosen, cells: kept } };
}

/** At most so many rows, evenly spread. */
export function spread(rows: Int32Array, most: number): Int32Array {
  if (rows.length <= most) return rows;
  return Int32Array.from({ length: most }, (_, i) => rows[Math.floor((i * rows.length) / most)]!);
}

/** How many of some rows are equal to a row, by a key of theirs. */
export type Counts = (row: number) => number;

export function countRows(keyAt: (row: number) => number, rows: Int32Array): Counts {
  const keys = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) keys[i] = keyAt(rows[i]!);
  keys.sort();
  const below = (key: number, strictly: boolean): number => {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (strictly ? keys[middle]! < key : keys[middle]! <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (row) => {
    const key = keyAt(row);
    const from = below(key, true);
    return keys[from] === key ? below(key, false) - from : 0;
  };
}
