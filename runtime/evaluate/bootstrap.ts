/**
 * Percentile intervals by drawing rows with replacement (Efron 1979), and paired differences of two outputs on the same
 * draws. Every metric is prepared once and each draw is one pass over counts, so 1,000 draws of 10,000 rows stay
 * within about a second; beyond that budget fewer draws are made and the result says how many.
 */
import type { CallPlan } from "../../plan/plan.ts";
import { type HeadOutput, judgedRowNumbers } from "./head-output.ts";
import { metricDirection, prepareMetrics } from "./metrics/table.ts";

export interface BootstrapOptions {
  /** Draws asked for. */
  readonly resamples: number;
  readonly seed: number;
}

/** A 95 % interval; both NaN where fewer than half of the draws define the metric. */
export type Interval = readonly [low: number, high: number];

export interface Intervals {
  /** Draws made: those asked for, unless the budget ends before. */
  readonly resamples: number;
  readonly intervals: { readonly [key: string]: Interval };
}

export interface Difference {
  /** Rows that both outputs predict. */
  readonly rows: number;
  readonly resamples: number;
  /** The two metrics on those rows. */
  readonly model: number;
  readonly rival: number;
  /** How much better the model is: model - rival, for metrics where lower is better rival - model. */
  readonly gain: number;
  readonly interval: Interval;
}

/** Steps of a bootstrap: rows × passes × draws. About a second on one core. */
const BUDGET = 4e8;
/** A random row costs as much as so many passes over one. */
const DRAWING = 6;
/** A percentile of fewer draws says nothing. */
const FEWEST = 100;

/** Percentile intervals of every metric of an output. */
export function bootstrapIntervals(
  output: HeadOutput,
  calls: readonly CallPlan[],
  { resamples, seed }: BootstrapOptions,
): Intervals {
  const rowNumbers = judgedRowNumbers(output);
  const prepared = prepareMetrics(output, calls, rowNumbers);
  const cost = prepared.reduce((sum, { cost: passes }) => sum + passes, DRAWING);
  const draws = drawsWithin(resamples, rowNumbers.length, cost);
  const found = prepared.map(() => new Float64Array(draws));
  drawRows(rowNumbers.length, draws, seed, (counts, draw) => {
    prepared.forEach(({ measure }, i) => {
      (found[i] as Float64Array)[draw] = measure(counts);
    });
  });
  const intervals = Object.fromEntries(prepared.map(({ key }, i) => [key, percentiles(found[i] as Float64Array)]));
  return { resamples: draws, intervals };
}

/** One metric of two outputs on the rows that both predict, and the interval of its difference on the same draws. */
export function bootstrapDifference(
  model: HeadOutput,
  rival: HeadOutput,
  call: CallPlan,
  { resamples, seed }: BootstrapOptions,
): Difference {
  const theirs = new Set(judgedRowNumbers(rival));
  const common = judgedRowNumbers(model).filter((row) => theirs.has(row));
  const [ours] = prepareMetrics(model, [call], common);
  const [other] = prepareMetrics(rival, [call], common);
  if (!ours || !other) throw new TypeError("a matrix has no difference");
  const higher = metricDirection(call) === "higher";
  const gainOf = (a: number, b: number) => (higher ? a - b : b - a);
  const draws = drawsWithin(resamples, common.length, DRAWING + ours.cost + other.cost);
  const found = new Float64Array(draws);
  drawRows(common.length, draws, seed, (counts, draw) => {
    found[draw] = gainOf(ours.measure(counts), other.measure(counts));
  });
  const [a, b] = [ours.measure(), other.measure()];
  const gain = gainOf(a, b);
  return { rows: common.length, resamples: draws, model: a, rival: b, gain, interval: percentiles(found) };
}

function drawsWithin(asked: number, rows: number, cost: number): number {
  if (rows === 0) return 0;
  return Math.min(asked, Math.max(FEWEST, Math.floor(BUDGET / (rows * cost))));
}

/** Calls back with how often each row was drawn; the array is used again for the next draw. */
function drawRows(rows: number, draws: number, seed: number, visit: (counts: Uint32Array, draw: number) => void): void {
  const random = sfc32(seed);
  const counts = new Uint32Array(rows);
  for (let draw = 0; draw < draws; draw++) {
    counts.fill(0);
    for (let i = 0; i < rows; i++) {
      const row = Math.floor((random() / 4294967296) * rows);
      counts[row] = (counts[row] as number) + 1;
    }
    visit(counts, draw);
  }
}

/** The middle 95 % of the numbers, interpolated between neighbours as numpy.percentile does. */
function percentiles(numbers: Float64Array): Interval {
  const sorted = numbers.filter((x) => !Number.isNaN(x)).sort();
  if (sorted.length === 0 || sorted.length * 2 < numbers.length) return [Number.NaN, Number.NaN];
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/** sfc32 (Doty-Humphrey, PractRand): 32-bit numbers from 0, the same on every machine. */
function sfc32(seed: number): () => number {
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 4294967296) | 0;
  let counter = 1;
  const next = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}
