/**
 * How many twins a row would have by chance: the rows of train that differ from it in one factor only (a column, a file, or
 * columns that say the same), times how often the value of that factor occurs in other rows; for numbers at least as often
 * as the digits they are written with allow, for texts as often as so few words are said. One pass over the table for the
 * rows that are asked, one over train. Knows no messages.
 */
import { factorsOf, lattice, wordsIn } from "./leaks-factors.ts";
import { cellOf, keyOf, type Piece, type Print, printCell, visitPieces } from "./leaks-inputs.ts";
import { type Inputs, inputsKey, type RowPrints, type Sample } from "./leaks-prints.ts";
import { checkSignal } from "./modality.ts";

/** Pieces that a neighbour may differ in: all that are no numbers or categories, and so many of these. */
const columnsAsked = 32;
/** A row that occurs more often, and has no number that could be exact, is a pattern: a template, a placeholder. */
const patternRows = 20;

/** The twins that each row would have in train. */
export async function twinsByChance(
  inputs: Inputs,
  prints: RowPrints,
  sample: Sample,
  train: Int32Array,
  rows: Int32Array,
): Promise<Map<number, number>> {
  const { table, media, signal } = inputs;
  const pieces = chosenPieces(inputs.pieces, sample);
  const factors = factorsOf(pieces, sample);
  const wide = pieces.map((piece) => (piece.kind === "number" ? lattice(sample.cells.get(piece.column!) ?? []) : 0));
  const exact = wide.some((values) => values > train.length * 10) || pieces.some((piece) => piece.kind === "vector");
  const used = new Uint8Array(table.rows);
  for (const row of train) used[row] = 1;
  for (const row of rows) used[row]! |= 2;

  const whole = new Map<number, number>(Array.from(rows, (row) => [inputsKey(prints, row), 0]));
  for (const row of train) count(whole, inputsKey(prints, row));

  // What the asked rows hold is noted, factor by factor, and then looked for in train.
  const print: Print = { a: 0, b: 0 };
  const sums = factors.map((): Print => ({ a: 0, b: 0 }));
  const floors = factors.map(() => 1);
  const visit = (flag: number, floored: boolean, each: (f: number, row: number) => void): Promise<void> =>
    visitPieces(table, pieces, [], (chunk) => {
      checkSignal(signal);
      const at = chunk.pieces.map((piece) => pieces.indexOf(piece));
      const factorAt = at.map((p) => factors.findIndex((factor) => factor.includes(p)));
      const here = [...new Set(factorAt)];
      for (let i = 0; i < chunk.rows; i++) {
        const row = chunk.start + i;
        if ((used[row]! & flag) === 0) continue;
        for (const f of here) {
          sums[f]!.a = sums[f]!.b = 0;
          floors[f] = 1;
        }
        chunk.pieces.forEach((piece, k) => {
          const cell = cellOf(piece, chunk.cells, i, row, media);
          const f = factorAt[k]!;
          printCell(piece, cell, print);
          sums[f]!.a += print.a;
          sums[f]!.b += print.b;
          if (floored) floors[f] = Math.min(floors[f]!, floorOf(piece, wide[at[k]!]!, cell));
        });
        for (const f of here) each(f, row);
      }
    });
  const without = (f: number, row: number): [number, number] => [
    (prints.inputs.a[row]! - sums[f]!.a) >>> 0,
    (prints.inputs.b[row]! - sums[f]!.b) >>> 0,
  ];
  const values = factors.map(() => ({ counts: new Map<number, number>(), sieve: createSieve() }));
  const others = factors.map(() => ({ counts: new Map<number, number>(), sieve: createSieve() }));
  const held = new Map<number, { f: number; value: number; other: number; floor: number }[]>();
  await visit(2, true, (f, row) => {
    const value = keyOf(sums[f]!.a, sums[f]!.b);
    const [oa, ob] = without(f, row);
    const other = keyOf(oa, ob);
    values[f]!.counts.set(value, 0);
    values[f]!.sieve.add(sums[f]!.a);
    others[f]!.counts.set(other, 0);
    others[f]!.sieve.add(oa);
    const list = held.get(row) ?? [];
    list.push({ f, value, other, floor: floors[f]! });
    held.set(row, list);
  });
  await visit(1, false, (f, row) => {
    if (values[f]!.sieve.has(sums[f]!.a)) count(values[f]!.counts, keyOf(sums[f]!.a, sums[f]!.b));
    const [oa, ob] = without(f, row);
    if (others[f]!.sieve.has(oa)) count(others[f]!.counts, keyOf(oa, ob));
  });

  const expected = new Map<number, number>();
  for (const row of rows) {
    const same = whole.get(inputsKey(prints, row))!;
    let twins = !exact && same > patternRows ? 1 : 0;
    for (const { f, value, other, floor } of held.get(row) ?? []) {
      const neighbours = others[f]!.counts.get(other)! - same;
      const share = (values[f]!.counts.get(value)! - same) / train.length;
      twins += neighbours * Math.max(share, floor);
    }
    expected.set(row, twins);
  }
  return expected;
}

function count(counts: Map<number, number>, key: number): void {
  const before = counts.get(key);
  if (before !== undefined) counts.set(key, before + 1);
}

/** Says at once of most prints that they were not added. */
function createSieve(): { add(print: number): void; has(print: number): boolean } {
  const bits = new Uint8Array(1 << 17);
  return {
    add(print) {
      bits[(print >>> 12) >>> 3]! |= 1 << ((print >>> 12) & 7);
    },
    has: (print) => (bits[(print >>> 12) >>> 3]! & (1 << ((print >>> 12) & 7))) !== 0,
  };
}

/** Of many columns those with the most and with the fewest different values: chance lies in either. */
function chosenPieces(pieces: readonly Piece[], sample: Sample): Piece[] {
  const columns = pieces.filter((piece) => piece.kind === "number" || piece.kind === "category");
  const rest = pieces.filter((piece) => !columns.includes(piece));
  if (columns.length <= columnsAsked) return [...columns, ...rest];
  const values = new Map(columns.map((piece) => [piece, new Set(sample.cells.get(piece.column!)).size]));
  const ordered = columns.sort((x, y) => values.get(y)! - values.get(x)!);
  const some = new Set([...ordered.slice(0, columnsAsked / 2), ...ordered.slice(-columnsAsked / 2)]);
  // Columns first, so that a factor's pieces are visited together.
  return [...some, ...rest];
}

/** The least chance of a value: one of those a number could be; a text of few words is easily said twice. */
function floorOf(piece: Piece, wide: number, cell: string | null | undefined): number {
  if (piece.kind === "number") return 1 / Math.max(1, wide);
  if (piece.kind !== "text") return 0;
  const words = wordsIn(cell ?? "");
  return words < 4 ? 1 : 10 ** -(words + 1);
}
