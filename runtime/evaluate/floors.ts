/**
 * The floors that need no training: the commonest class and the mean, as outputs like a head's, so that every metric
 * applies to them. Their facts come from the training rows.
 */
import type { HeadOutput } from "./head-output.ts";

/** What the training rows say of a target (`FittedTarget` has both). */
export interface TrainingFacts {
  /** binary, multiclass: rows by class; multilabel: rows that have the label. */
  readonly counts?: readonly number[];
  /** multilabel: training rows. Without it, the labels' shares are not known and each is guessed as not there. */
  readonly rows?: number;
  /** regression: mean of each column, in its own units. */
  readonly mean?: readonly number[];
}

/** `mean` for regression, `majority` for all else. */
export function floorName(output: HeadOutput): "majority" | "mean" {
  return output.target.type === "regression" ? "mean" : "majority";
}

/**
 * The floor of an output: for every row the share of each class among the training rows (whose largest is the
 * majority), or the mean of each column.
 * @param transform own units to those of the loss; only for a target with a transform
 */
export function constantFloor(
  output: HeadOutput,
  facts: TrainingFacts,
  transform?: (value: number, column: number) => number,
): HeadOutput {
  const { target, rows, labels, labelled, predicted } = output;
  // It is asked about the rows that the head predicts, and about no others.
  const base = { target, rows, labels, labelled, ...(predicted !== undefined && { predicted }) };
  if (target.type === "regression") {
    const mean = facts.mean;
    if (!mean) throw new TypeError("the mean floor needs the mean of the training rows");
    const values = repeat(mean, rows);
    if (!output.transformed) return { ...base, values };
    if (!transform) throw new TypeError("the mean floor of a transformed target needs its transform");
    const transformed = { values: repeat(mean.map(transform), rows), labels: output.transformed.labels };
    return { ...base, values, transformed };
  }
  const counts = facts.counts;
  if (!counts) throw new TypeError("the majority floor needs the counts of the training rows");
  const total =
    target.type === "multilabel" ? (facts.rows ?? Number.POSITIVE_INFINITY) : counts.reduce((a, b) => a + b, 0);
  const shares = counts.map((count) => (total > 0 ? count / total : 0));
  return { ...base, probabilities: repeat(target.type === "binary" ? [shares[1] ?? 0] : shares, rows) };
}

function repeat(row: readonly number[], rows: number): Float64Array {
  const all = new Float64Array(row.length * rows);
  for (let i = 0; i < rows; i++) all.set(row, i * row.length);
  return all;
}
