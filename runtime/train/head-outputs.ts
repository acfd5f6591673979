/**
 * From raw outputs to what is judged and predicted: logits become probabilities, transformed numbers come back into the
 * column's own units. Knows the plan and what was fitted; neither tensors nor files.
 */
import type { DataPlan, TrainPlan } from "../../plan/plan.ts";
import type { FittedData, FittedTarget, Part } from "../data/batch.ts";
import type { HeadOutput } from "../evaluate/head-output.ts";
import type { PartOutputs } from "./forward.ts";
import { scaleOf } from "./target-scale.ts";

type Raw = PartOutputs["outputs"][string];

export interface HeadContext {
  readonly data: DataPlan;
  readonly training: TrainPlan;
  readonly fitted: FittedData;
}

/** Probabilities of a classification: binary f64[n] of the positive class, multiclass and multilabel f64[n, k]. */
export function probabilitiesOf(type: "binary" | "multiclass" | "multilabel", raw: Raw): Float64Array {
  const { data, width } = raw;
  if (type !== "multiclass") return Float64Array.from(data, sigmoid);
  const all = new Float64Array(data.length);
  for (let at = 0; at < data.length; at += width) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < width; j++) largest = Math.max(largest, data[at + j] as number);
    let sum = 0;
    for (let j = 0; j < width; j++) sum += all[at + j] = Math.exp((data[at + j] as number) - largest);
    for (let j = 0; j < width; j++) all[at + j] = (all[at + j] as number) / sum;
  }
  return all;
}

/** Numbers of a regression in its own units, f64[n, columns]. */
export function ownValues(target: FittedTarget | undefined, data: ArrayLike<number>, width: number): Float64Array {
  const scale = scaleOf(target);
  return Float64Array.from(data, (value, i) => (scale === undefined ? value : scale.toOwn(value, i % width)));
}

/** 1 where a head has a prediction: all modalities that it needs are there. Undefined where it always has. */
export function predictedRows(context: HeadContext, head: string, part: Part): Float32Array | undefined {
  const needs = context.training.heads[head]?.needs ?? [];
  if (needs.length === 0) return undefined;
  const there = new Float32Array(part.rows).fill(1);
  for (const modality of needs) {
    for (const [row, present] of part.present(modality).entries()) if (present === 0) there[row] = 0;
  }
  return there;
}

/** A head's outputs on a part beside its labels; undefined where the table has no such labels. */
export function headOutput(context: HeadContext, head: string, part: Part, raw: Raw): HeadOutput | undefined {
  const plan = context.training.heads[head];
  const targetPlan = plan === undefined ? undefined : context.data.targets[plan.target];
  const truth = plan === undefined ? undefined : part.target(plan.target);
  if (plan === undefined || targetPlan === undefined || truth === undefined) return undefined;
  const fitted = context.fitted.targets[plan.target];
  const predicted = predictedRows(context, head, part);
  const common = {
    target: { type: targetPlan.type, classes: fitted?.classes, columns: fitted?.columns },
    rows: part.rows,
    labelled: part.labelled(plan.target),
    ...(predicted !== undefined && { predicted }),
  };
  if (targetPlan.type !== "regression") {
    return { ...common, labels: truth.data, probabilities: probabilitiesOf(targetPlan.type, raw) };
  }
  const values = ownValues(fitted, raw.data, raw.width);
  const labels = ownValues(fitted, truth.data, raw.width);
  if (scaleOf(fitted) === undefined) return { ...common, labels, values };
  const transformed = { values: Float64Array.from(raw.data), labels: Float64Array.from(truth.data) };
  return { ...common, labels, values, transformed };
}

function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}
