/**
 * Whether numbers are others in another unit: y = a·x + b, y = a·log x + b or x = a·log y + b, as exactly as both are
 * written. Robust against a few rows that differ. Knows pairs of cells only.
 */
import { isEmpty, numberOf } from "./cells.ts";
import { createRandom } from "./random.ts";

/** A relation that was found. */
export interface Line {
  /** Whether a row's cells obey it, as far as they are written. */
  holds(x: string, y: string): boolean;
}

type Pair = readonly [x: string, y: string];

/** What lies within the rounding of y may be this much of its spread at most, or nearly anything would fit. */
const coarse = 0.01;
const tries = 24;
/** Half a unit, and half as much for the line, which was found by such numbers; at 2, neighbours would be equal. */
const rounding = 1.5;

/** The lines that at least `share` of the pairs obey; none where x has fewer than three values. */
export function affineOf(pairs: readonly Pair[], share: number): Line[] {
  const there = pairs.filter(([x]) => !isEmpty(x) && !Number.isNaN(numberOf(x)));
  if (there.length < share * pairs.length || new Set(there.map(([x]) => numberOf(x))).size < 3) return [];
  const forms: readonly Form[] = [
    { from: (x) => x, to: (y) => y, swapped: false },
    { from: Math.log, to: (y) => y, swapped: false },
    { from: Math.log, to: (x) => x, swapped: true },
  ];
  for (const form of forms) {
    const line = lineOf(there, form, share * pairs.length);
    if (line !== undefined) return [line];
  }
  return [];
}

interface Form {
  readonly from: (value: number) => number;
  readonly to: (value: number) => number;
  /** x from y. */
  readonly swapped: boolean;
}

interface Written {
  readonly value: number;
  /** Half a unit of the last digit. */
  readonly half: number;
}

function lineOf(pairs: readonly Pair[], form: Form, needed: number): Line | undefined {
  const sides = pairs.map((pair) => sidesOf(pair, form)).filter((one) => Number.isFinite(one.from.value));
  if (sides.length < needed) return undefined;
  const spread = deviation(sides.map((one) => one.to.value));
  const random = createRandom(sides.length, 7);
  for (let t = 0; t < tries; t++) {
    // Two rows far apart of eight drawn ones: rounding then turns the line the least.
    const drawn = Array.from({ length: 8 }, () => sides[random.below(sides.length)]!);
    drawn.sort((a, b) => a.from.value - b.from.value);
    const [low, high] = [drawn[0]!, drawn[7]!];
    if (low.from.value === high.from.value) continue;
    const slope = (high.to.value - low.to.value) / (high.from.value - low.from.value);
    const first = { slope, shift: low.to.value - slope * low.from.value };
    if (slope === 0) continue;
    const near = sides.filter((one) => obeys(one, first, 3, spread));
    if (near.length < needed) continue;
    const line = leastSquares(near);
    const right = sides.filter((one) => obeys(one, line, rounding, spread)).length;
    if (right >= needed) return { holds: (x, y) => obeys(sidesOf([x, y], form), line, rounding, spread) };
  }
  return undefined;
}

function sidesOf([x, y]: Pair, form: Form): { readonly from: Written; readonly to: Written } {
  const [from, to] = form.swapped ? [written(y), written(x)] : [written(x), written(y)];
  const value = form.from(from.value);
  const half = form.from === Math.log ? from.half / Math.abs(from.value) : from.half;
  return { from: { value, half }, to: { value: form.to(to.value), half: to.half } };
}

/** A number and how finely it is written: whole ones exactly, since counts are. */
function written(cell: string): Written {
  const value = isEmpty(cell) ? Number.NaN : numberOf(cell);
  const match = /\.(\d*)(?:e([+-]?\d+))?$/i.exec(cell.trim());
  if (match === null) return { value, half: 0.5 };
  return { value, half: 0.5 * 10 ** (Number(match[2] ?? 0) - match[1]!.length) };
}

function obeys(
  { from, to }: { readonly from: Written; readonly to: Written },
  { slope, shift }: { readonly slope: number; readonly shift: number },
  slack: number,
  spread: number,
): boolean {
  // One of the two was rounded, not both: of both, equal units apart would be equal to their neighbours in time.
  const room = slack * Math.max(to.half, Math.abs(slope) * from.half) + 1e-9 * Math.abs(to.value);
  // Coarser than a hundredth of the spread it is no copy: only the hundredth counts.
  return Math.abs(to.value - slope * from.value - shift) <= Math.min(room, coarse * spread);
}

function leastSquares(sides: readonly { readonly from: Written; readonly to: Written }[]): {
  slope: number;
  shift: number;
} {
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const x = mean(sides.map((one) => one.from.value));
  const y = mean(sides.map((one) => one.to.value));
  let xy = 0;
  let xx = 0;
  for (const { from, to } of sides) {
    xy += (from.value - x) * (to.value - y);
    xx += (from.value - x) ** 2;
  }
  const slope = xy / xx;
  return { slope, shift: y - slope * x };
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}
