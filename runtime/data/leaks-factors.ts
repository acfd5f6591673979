/**
 * How columns hang together, judged by a sample of rows. Which say the same: one that follows from another (a code and its
 * name, a number and its class), or flags of which one at most is set; they change together, so they are one factor. And
 * whether all of them together tell rows apart at all. Knows no messages.
 */
import { isEmpty } from "./cells.ts";
import type { Piece } from "./leaks-inputs.ts";
import type { Sample } from "./leaks-prints.ts";

/** So sure that columns do not agree by chance: one in a million. */
const bits = 20;

/** The pieces in groups, by their numbers. Only columns of numbers and categories are grouped. */
export function factorsOf(pieces: readonly Piece[], sample: Sample): number[][] {
  const codes = pieces.map((piece) =>
    piece.kind === "number" || piece.kind === "category" ? codesOf(sample.cells.get(piece.column!) ?? []) : undefined,
  );
  const group = pieces.map((_, p) => p);
  const join = (x: number, y: number): void => {
    const [from, to] = [group[x]!, group[y]!];
    for (let p = 0; p < group.length; p++) if (group[p] === from) group[p] = to;
  };
  for (let x = 0; x < pieces.length; x++) {
    for (let y = x + 1; y < pieces.length; y++) {
      const [one, other] = [codes[x], codes[y]];
      if (one === undefined || other === undefined || group[x] === group[y]) continue;
      if (follows(one, other) || follows(other, one) || excludes(one, other)) join(x, y);
    }
  }
  return [...new Set(group)].map((g) => group.flatMap((one, p) => (one === g ? [p] : [])));
}

interface Codes {
  /** Equal cells have equal numbers. */
  readonly of: Uint16Array;
  readonly counts: readonly number[];
  /** Bits that a cell says on average. */
  readonly entropy: number;
}

function codesOf(cells: readonly (string | null)[]): Codes {
  const known = new Map<string, number>();
  const counts: number[] = [];
  const of = Uint16Array.from(cells, (cell) => {
    const text = cell?.trim() ?? "";
    const code = known.get(text) ?? known.size;
    known.set(text, code);
    counts[code] = (counts[code] ?? 0) + 1;
    return code;
  });
  const n = cells.length;
  const entropy = counts.reduce((sum, count) => sum - (count / n) * Math.log2(count / n), 0);
  return { of, counts, entropy };
}

/** Whether `other` follows from `one`, in more repeated rows than chance could make. */
function follows(one: Codes, other: Codes): boolean {
  if ((one.of.length - one.counts.length) * other.entropy < bits) return false;
  const first = new Int32Array(one.counts.length).fill(-1);
  for (let i = 0; i < one.of.length; i++) {
    const code = one.of[i]!;
    if (first[code] === -1) first[code] = other.of[i]!;
    else if (first[code] !== other.of[i]) return false;
  }
  return true;
}

/** Whether both are flags, and never set together though chance would do so. */
function excludes(one: Codes, other: Codes): boolean {
  if (one.counts.length !== 2 || other.counts.length !== 2) return false;
  const n = one.of.length;
  const [x, y] = [rarer(one), rarer(other)];
  // e^-14 is one in a million.
  if ((one.counts[x]! * other.counts[y]!) / n < 14) return false;
  for (let i = 0; i < n; i++) if (one.of[i] === x && other.of[i] === y) return false;
  return true;
}

function rarer({ counts }: Codes): number {
  return counts[0]! < counts[1]! ? 0 : 1;
}

const certain = Number.POSITIVE_INFINITY;
/** A file, or a vector, that no two rows share is nothing that happens twice. */
const bitsOfFile = 40;
const bitsOfWord = 3.3;
/** Pairs of rows that agree in one column, before another is asked how often it agrees in these. */
const enoughPairs = 50;

/**
 * How well two rows that are equal in all pieces are known to be the same row: the bits that the pieces have beyond those
 * that number the rows. The bits are those of collisions (how many pairs of different rows agree), each column's given the
 * one before that it follows from the most; the columns with the most bits come first.
 */
export function sparseBits(
  pieces: readonly Piece[],
  sample: Sample,
  keyAt: (row: number) => number,
  rows: number,
): number {
  const columns = pieces.filter((piece) => piece.column !== undefined);
  // One column cannot be compared with others: rows are judged one by one.
  if (pieces.length < 2 || !columns.some(({ kind }) => kind === "number" || kind === "category")) return certain;
  if (columns.length < pieces.length) return certain;
  const seen = new Set<number>();
  const unique = [...sample.rows.keys()].filter((i) => {
    const key = keyAt(sample.rows[i]!);
    return !seen.has(key) && seen.add(key);
  });
  if (unique.length < 2) return 0;
  const pairs = (unique.length * (unique.length - 1)) / 2;
  const known = columns.map((piece) => {
    const cells = sample.cells.get(piece.column!)!;
    const codes = codesOf(unique.map((i) => cells[i]!));
    const equal = pairsIn(codes.counts);
    return { codes, equal, bits: equal > 0 ? Math.log2(pairs / equal) : rareBits(piece, cells, pairs) };
  });
  known.sort((x, y) => y.bits - x.bits);
  let total = 0;
  for (const [k, one] of known.entries()) {
    let bits = one.bits;
    for (const before of known.slice(Math.max(0, k - 32), k)) {
      if (before.equal < enoughPairs) continue;
      const both = pairsIn(jointCounts(one.codes, before.codes));
      bits = Math.min(bits, Math.log2((before.equal + 1) / (both + 0.5)));
    }
    total += Math.max(0, bits);
  }
  return total - Math.log2(rows);
}

/** Where no two rows of the sample agree. */
function rareBits(piece: Piece, cells: readonly (string | null)[], pairs: number): number {
  if (piece.kind === "vector") return bitsOfFile;
  const seen = Math.log2(pairs);
  if (piece.kind === "number") return Math.max(seen, Math.min(bitsOfFile, Math.log2(lattice(cells))));
  if (piece.kind !== "text") return seen;
  const words = cells.map((cell) => wordsIn(cell ?? "")).sort((x, y) => x - y);
  return Math.max(seen, bitsOfWord * words[words.length >> 1]!);
}

function pairsIn(counts: Iterable<number>): number {
  let sum = 0;
  for (const n of counts) sum += (n * (n - 1)) / 2;
  return sum;
}

function jointCounts(one: Codes, other: Codes): Iterable<number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < one.of.length; i++) {
    const key = one.of[i]! * 65_536 + other.of[i]!;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts.values();
}

/** How many values a column of numbers could have, as finely as its cells are written. */
export function lattice(cells: readonly (string | null)[]): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let digits = 0;
  for (const cell of cells) {
    if (isEmpty(cell)) continue;
    const value = Number(cell);
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
    const text = cell!.trim();
    const point = text.indexOf(".");
    // 1.0 is written as finely as 1.
    if (point >= 0 && !Number.isInteger(value)) digits = Math.max(digits, text.replace(/e.*$/i, "").length - point - 1);
  }
  return most < least ? 1 : (most - least) * 10 ** digits + 1;
}

/** Words of a text, as much as two signs of a script without spaces, at most 12. */
export function wordsIn(text: string): number {
  const start = text.slice(0, 400);
  const spaced = start.match(/[\p{L}\p{N}]+/gu) ?? [];
  const dense = start.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0;
  return Math.min(12, Math.max(spaced.length, dense / 2));
}
