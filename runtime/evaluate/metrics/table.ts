/**
 * The table of metrics and the questions asked of it: the numbers of an output, which way is better, what a key means.
 * A new metric is one entry in one of the files beside it.
 */
import { type CallPlan, callKey, callOf } from "../../../plan/plan.ts";
import { type HeadOutput, type JudgedRows, judgedRows } from "../head-output.ts";
import { confusionMatrix, countingMetrics } from "./counting.ts";
import type { Measure, Metric, MetricArgs } from "./define.ts";
import { probabilityMetrics } from "./probability.ts";
import { regressionMetrics } from "./regression.ts";

export const metrics: { readonly [word: string]: Metric } = {
  ...countingMetrics,
  ...probabilityMetrics,
  ...regressionMetrics,
};

/** `confusion` is asked for like a metric but is a matrix; it stands in the scorecard beside the numbers. */
export function isMatrix(call: CallPlan): boolean {
  return callOf(call).word === "confusion";
}

/** @throws RangeError for a word that is no metric */
export function metricOf(call: CallPlan): Metric {
  const { word } = callOf(call);
  const metric = Object.hasOwn(metrics, word) ? metrics[word] : undefined;
  if (!metric) throw new RangeError(`\`${word}\` is no metric`);
  return metric;
}

/** Which way is better. `loss` may be asked too, since it is watched by default. */
export function metricDirection(call: CallPlan): "higher" | "lower" {
  return callOf(call).word === "loss" ? "lower" : metricOf(call).better;
}

/**
 * The call whose {@link callKey} a key is: `f1_macro`, `r2_transformed`, `accuracy_at_0.5`. Undefined if it is none.
 * For `monitor`, which may name a metric that no head lists.
 */
export function metricOfKey(key: string): CallPlan | undefined {
  const word = Object.keys(metrics)
    .filter((name) => key === name || key.startsWith(`${name}_`))
    .sort((a, b) => b.length - a.length)[0];
  if (word === undefined) return undefined;
  const rest = key.slice(word.length + 1);
  if (rest === "") return word;
  if (["macro", "micro", "weighted", "samples"].includes(rest)) return { [word]: { average: rest } };
  if (["linear", "quadratic"].includes(rest)) return { [word]: { weights: rest } };
  if (rest === "transformed") return { [word]: { transformed: true } };
  const number = /^([a-z]+)_(-?[\d.]+(?:e-?\d+)?)$/.exec(rest);
  return number ? { [word]: { [number[1] as string]: Number(number[2]) } } : undefined;
}

export interface PreparedMetric {
  readonly key: string;
  readonly measure: Measure;
  /** Passes over each row. */
  readonly cost: number;
}

/**
 * The metrics of an output, ready to be asked for their numbers on draws of its rows. Matrices are left out.
 * @param rowNumbers which rows of the output; without it all that have a label and a prediction
 * @throws TypeError for a metric that does not judge this target
 */
export function prepareMetrics(
  output: HeadOutput,
  calls: readonly CallPlan[],
  rowNumbers?: Int32Array,
): PreparedMetric[] {
  let own: JudgedRows | undefined;
  let transformed: JudgedRows | undefined;
  return calls
    .filter((call) => !isMatrix(call))
    .map((call) => {
      const metric = metricOf(call);
      const { word, args } = callOf(call);
      if (!metric.targets.includes(output.target.type)) {
        throw new TypeError(`\`${word}\` does not judge a ${output.target.type} target`);
      }
      let rows: JudgedRows;
      if ((args as MetricArgs).transformed === true) {
        transformed ??= judgedRows(output, true, rowNumbers);
        rows = transformed;
      } else {
        own ??= judgedRows(output, false, rowNumbers);
        rows = own;
      }
      return { key: callKey(call), measure: metric.prepare(rows, args), cost: metric.cost(rows) };
    });
}

/**
 * The numbers of an output by {@link callKey}; NaN where a metric is not defined. Rows without a label or without a
 * prediction are left out.
 */
export function evaluateMetrics(output: HeadOutput, calls: readonly CallPlan[]): { [key: string]: number } {
  return Object.fromEntries(prepareMetrics(output, calls).map(({ key, measure }) => [key, measure()]));
}

/** The confusion matrix of a binary or multiclass output: rows are labels, columns are guesses. */
export function evaluateConfusion(output: HeadOutput): number[][] {
  return confusionMatrix(judgedRows(output));
}
