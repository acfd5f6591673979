/**
 * Metrics of numbers. Several columns: the mean of the columns' numbers (scikit-learn's `uniform_average`), each over
 * the rows whose label is known there. The values arrive in own or transformed units; this file does not care which.
 */
import type { JudgedRows } from "../head-output.ts";
import type { Measure, Metric, MetricArgs } from "./define.ts";

/** Calls back for each drawn row whose label is known in one column. */
type EachRow = (visit: (label: number, value: number, count: number) => void) => void;

/** The number of one column with `total` drawn rows, at least one. */
type ColumnNumber = (each: EachRow, total: number, args: MetricArgs) => number;

function byColumn(number: ColumnNumber): Metric["prepare"] {
  return (rows: JudgedRows, args: MetricArgs): Measure => {
    if (rows.kind !== "values") throw new TypeError("classes have no errors in numbers");
    const { n, k, labels, values, known } = rows;
    return (counts) => {
      let sum = 0;
      let columns = 0;
      for (let j = 0; j < k; j++) {
        const each: EachRow = (visit) => {
          for (let i = 0, at = j; i < n; i++, at += k) {
            const count = counts ? (counts[i] as number) : 1;
            if (count > 0 && known[at]) visit(labels[at] as number, values[at] as number, count);
          }
        };
        let total = 0;
        for (let i = 0, at = j; i < n; i++, at += k) if (known[at]) total += counts ? (counts[i] as number) : 1;
        // A column without a known label in this draw has no number; the others stand for the head.
        if (total === 0) continue;
        sum += number(each, total, args);
        columns++;
      }
      return columns === 0 ? Number.NaN : sum / columns;
    };
  };
}

/** The mean of one number by row. */
function mean(of: (label: number, value: number, args: MetricArgs) => number): ColumnNumber {
  return (each, total, args) => {
    let sum = 0;
    each((label, value, count) => {
      sum += count * of(label, value, args);
    });
    return sum / total;
  };
}

const mse = mean((label, value) => (label - value) ** 2);
const mae = mean((label, value) => Math.abs(label - value));
/** A share, not per cent, as in scikit-learn: labels nearer to 0 than the smallest step from 1 count as that step. */
const mape = mean((label, value) => Math.abs(label - value) / Math.max(Math.abs(label), Number.EPSILON));
/** 0 to 2; 0 where label and prediction are both 0. */
const smape = mean((label, value) =>
  label === value ? 0 : (2 * Math.abs(label - value)) / (Math.abs(label) + Math.abs(value)),
);
const pinball = mean((label, value, args) => {
  const level = typeof args.level === "number" ? args.level : 0.5;
  return label >= value ? level * (label - value) : (1 - level) * (value - label);
});

/** Mean and summed squares around it, in two passes. */
function spread(each: EachRow, total: number, of: (label: number, value: number) => number): [number, number] {
  let sum = 0;
  each((label, value, count) => {
    sum += count * of(label, value);
  });
  const centre = sum / total;
  let squares = 0;
  each((label, value, count) => {
    squares += count * (of(label, value) - centre) ** 2;
  });
  return [centre, squares];
}

/** 1 - rest / all; with constant labels 1 if nothing is left and else 0 (scikit-learn's force_finite). */
function explained(rest: number, all: number): number {
  if (Number.isNaN(rest)) return Number.NaN;
  if (all === 0) return rest === 0 ? 1 : 0;
  return 1 - rest / all;
}

const r2: ColumnNumber = (each, total, args) => {
  if (total < 2) return Number.NaN;
  return explained(mse(each, total, args) * total, spread(each, total, (label) => label)[1]);
};

const explainedVariance: ColumnNumber = (each, total) =>
  explained(spread(each, total, (label, value) => label - value)[1], spread(each, total, (label) => label)[1]);

/** NaN where labels or values are constant. */
const pearson: ColumnNumber = (each, total) => {
  const [meanLabel, labels] = spread(each, total, (label) => label);
  const [meanValue, values] = spread(each, total, (_, value) => value);
  let both = 0;
  each((label, value, count) => {
    both += count * (label - meanLabel) * (value - meanValue);
  });
  return labels === 0 || values === 0 ? Number.NaN : both / Math.sqrt(labels * values);
};

const targets = ["regression"] as const;
const cost = (rows: JudgedRows) => 2 * rows.k;
const error = { targets, better: "lower", points: false, cost } as const;
const fit = { targets, better: "higher", points: true, cost: (rows: JudgedRows) => 4 * rows.k } as const;

export const regressionMetrics = {
  mse: { ...error, prepare: byColumn(mse) },
  rmse: { ...error, prepare: byColumn((each, total, args) => Math.sqrt(mse(each, total, args))) },
  mae: { ...error, prepare: byColumn(mae) },
  mape: { ...error, prepare: byColumn(mape) },
  smape: { ...error, prepare: byColumn(smape) },
  pinball: { ...error, prepare: byColumn(pinball) },
  r2: { ...fit, prepare: byColumn(r2) },
  explained_variance: { ...fit, prepare: byColumn(explainedVariance) },
  pearson: { ...fit, prepare: byColumn(pearson) },
} satisfies { [word: string]: Metric };
