/**
 * What a metric is: prepared once on the rows of an output (sorting, errors by row), then asked for its number as often
 * as the bootstrap draws rows. Knows no metric by name.
 */
import type { JudgedRows, TargetType } from "../head-output.ts";

/** How often each judged row was drawn. Without it, every row once. */
export type RowCounts = Uint32Array | undefined;

/** The number of a metric for a draw of the rows; NaN where it is not defined. */
export type Measure = (counts?: RowCounts) => number;

export interface MetricArgs {
  readonly [argument: string]: unknown;
}

export interface Metric {
  /** Targets that it judges. */
  readonly targets: readonly TargetType[];
  readonly better: "higher" | "lower";
  /** On a scale where a hundredth is a point: differences are told as points. */
  readonly points: boolean;
  /** Passes over each row (and label, column or class), for the bootstrap's budget. */
  readonly cost: (rows: JudgedRows) => number;
  readonly prepare: (rows: JudgedRows, args: MetricArgs) => Measure;
}

/** The choice given to a call without regard to its parameter's name: `f1(macro)` is `{ f1: { average: "macro" } }`. */
export function averageOf(args: MetricArgs): string | undefined {
  return typeof args.average === "string" ? args.average : undefined;
}

/** A measure that is the mean of one number by row. */
export function meanOfRows(byRow: Float64Array): Measure {
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < byRow.length; i++) {
      const count = counts ? (counts[i] as number) : 1;
      if (count === 0) continue;
      sum += count * (byRow[i] as number);
      total += count;
    }
    return total === 0 ? Number.NaN : sum / total;
  };
}

/** Mean of the numbers that are defined; NaN where none is. */
export function meanOfDefined(numbers: readonly number[], weights?: readonly number[]): number {
  let sum = 0;
  let total = 0;
  numbers.forEach((x, i) => {
    const weight = weights ? (weights[i] as number) : 1;
    if (Number.isNaN(x) || weight === 0) return;
    sum += x * weight;
    total += weight;
  });
  return total === 0 ? Number.NaN : sum / total;
}
