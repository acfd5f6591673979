/**
 * What one head said about the rows of one part, beside what was true, and the rows of it that can be judged.
 * Knows neither the network nor the table: labels and predictions come as arrays.
 */
import type { TargetPlan } from "../../plan/plan.ts";

export type FloatArray = Float32Array | Float64Array;
export type TargetType = TargetPlan["type"];

/** The facts of a target that judging needs. */
export interface HeadTarget {
  readonly type: TargetType;
  /** binary: [negative, positive]; multiclass, multilabel: in class order. */
  readonly classes?: readonly string[];
  /** regression: the names of the columns. */
  readonly columns?: readonly string[];
}

/**
 * Predictions and labels of one head on one part, row-major, in the part's order.
 *
 * | type | `probabilities` or `values` | `labels` |
 * |---|---|---|
 * | binary | probabilities [n] (of the positive class) or [n, 2] | [n] of 0 and 1 |
 * | multiclass | probabilities [n, k] | [n] of class numbers; below 0: no label |
 * | multilabel | probabilities [n, k] | [n, k] of 0 and 1 |
 * | regression | values [n, columns], own units | [n, columns], own units |
 */
export interface HeadOutput {
  readonly target: HeadTarget;
  readonly rows: number;
  readonly probabilities?: FloatArray;
  readonly values?: FloatArray;
  readonly labels: FloatArray | Int32Array | Uint8Array;
  /** The same in the units of the loss, for metrics with `transformed: true`. Without it, the target has no transform. */
  readonly transformed?: { readonly values: FloatArray; readonly labels: FloatArray };
  /** 1 where there is a label: [n], or by label or column [n, k]. Without it, everywhere. */
  readonly labelled?: ArrayLike<number>;
  /** 1 where there is a prediction: [n]. Without it, everywhere. */
  readonly predicted?: ArrayLike<number>;
}

/** binary and multiclass: one class a row. A guess of -1 is a prediction that is not a number; it is always wrong. */
export interface ClassRows {
  readonly kind: "classes";
  readonly n: number;
  readonly k: number;
  readonly labels: Int32Array;
  readonly guesses: Int32Array;
  /** binary: [n], of class 1; multiclass: [n, k]. */
  readonly probabilities: FloatArray;
}

/** multilabel: any of k labels a row. `known` is 0 where a single label of the row is not known. */
export interface LabelRows {
  readonly kind: "labels";
  readonly n: number;
  readonly k: number;
  readonly labels: Uint8Array;
  readonly guesses: Uint8Array;
  readonly probabilities: FloatArray;
  readonly known: Uint8Array;
}

/** regression: k columns a row. */
export interface ValueRows {
  readonly kind: "values";
  readonly n: number;
  readonly k: number;
  readonly labels: Float64Array;
  readonly values: Float64Array;
  readonly known: Uint8Array;
}

export type JudgedRows = ClassRows | LabelRows | ValueRows;

/** Labels or columns a row has (1 for binary, the number of classes for multiclass). */
export function widthOf(output: HeadOutput): number {
  const scores = scoresOf(output);
  if (output.rows === 0) return output.target.classes?.length ?? output.target.columns?.length ?? 1;
  const width = scores.length / output.rows;
  if (!Number.isInteger(width)) {
    throw new RangeError(`${scores.length} predictions do not divide by ${output.rows} rows`);
  }
  return width;
}

function scoresOf(output: HeadOutput): FloatArray {
  const scores = output.target.type === "regression" ? output.values : output.probabilities;
  if (!scores) throw new TypeError(`a ${output.target.type} output has no predictions`);
  return scores;
}

/** Numbers of the rows that have a prediction and a label (with several labels or columns, at least one). */
export function judgedRowNumbers(output: HeadOutput): Int32Array {
  const { rows, labelled, predicted, labels, target } = output;
  const many = target.type === "multilabel" || target.type === "regression";
  const width = labelled && rows > 0 ? labelled.length / rows : 1;
  const found: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (predicted && !predicted[row]) continue;
    if (!many && (labels[row] as number) < 0) continue;
    if (labelled) {
      let any = false;
      for (let j = 0; j < width && !any; j++) any = Boolean(labelled[row * width + j]);
      if (!any) continue;
    }
    found.push(row);
  }
  return Int32Array.from(found);
}

/**
 * The rows of an output that can be judged, closely packed.
 * @param transformed regression: take the values of the loss instead of the column's own units
 * @param rowNumbers which rows; without it {@link judgedRowNumbers}
 */
export function judgedRows(
  output: HeadOutput,
  transformed = false,
  rowNumbers: Int32Array = judgedRowNumbers(output),
): JudgedRows {
  const n = rowNumbers.length;
  const k = widthOf(output);
  if (output.target.type === "regression") {
    const source = transformed && output.transformed ? output.transformed : output;
    const values = Float64Array.from(gather(source.values as FloatArray, rowNumbers, k));
    const labels = Float64Array.from(gather(source.labels as FloatArray, rowNumbers, k));
    return { kind: "values", n, k, labels, values, known: gatherKnown(output, rowNumbers, k) };
  }
  const probabilities = gather(scoresOf(output), rowNumbers, k);
  if (output.target.type === "multilabel") {
    const labels = Uint8Array.from(gather(output.labels as FloatArray, rowNumbers, k));
    const guesses = Uint8Array.from(probabilities, (p) => (p > 0.5 ? 1 : 0));
    return { kind: "labels", n, k, labels, guesses, probabilities, known: gatherKnown(output, rowNumbers, k) };
  }
  const labels = Int32Array.from(rowNumbers, (row) => output.labels[row] as number);
  if (output.target.type === "binary") {
    const positive = k === 2 ? probabilities.filter((_, i) => i % 2 === 1) : probabilities;
    const guesses = Int32Array.from(positive, (p) => (p > 0.5 ? 1 : p <= 0.5 ? 0 : -1));
    return { kind: "classes", n, k: 2, labels, guesses, probabilities: positive };
  }
  return { kind: "classes", n, k, labels, guesses: largest(probabilities, n, k), probabilities };
}

function gather(source: FloatArray, rows: Int32Array, k: number): FloatArray {
  const packed = source instanceof Float32Array ? new Float32Array(rows.length * k) : new Float64Array(rows.length * k);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * k;
    for (let j = 0; j < k; j++) packed[i * k + j] = source[from + j] as number;
  }
  return packed;
}

function gatherKnown(output: HeadOutput, rows: Int32Array, k: number): Uint8Array {
  const known = new Uint8Array(rows.length * k).fill(1);
  const { labelled } = output;
  // One mark a row holds for all its columns, and those rows are already chosen.
  if (!labelled || labelled.length !== output.rows * k) return known;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < k; j++) known[i * k + j] = labelled[(rows[i] as number) * k + j] ? 1 : 0;
  }
  return known;
}

/** The first of the largest, as argmax; -1 where a probability is not a number. */
function largest(probabilities: FloatArray, n: number, k: number): Int32Array {
  const found = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    let best = 0;
    for (let j = 0; j < k; j++) {
      const p = probabilities[i * k + j] as number;
      if (Number.isNaN(p)) {
        best = -1;
        break;
      }
      if (p > (probabilities[i * k + best] as number)) best = j;
    }
    found[i] = best;
  }
  return found;
}
