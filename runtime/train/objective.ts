/**
 * What is minimised: the losses of the heads with their weights. Owns who counts in a head's loss (labels that are there,
 * modalities that the head needs) and how much (class weights). Knows nothing of optimizers or epochs.
 */
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { DataPlan, HeadPlan, TrainPlan } from "../../plan/plan.ts";
import type { Batch, FittedData, NumArray } from "../data/batch.ts";
import type { Loss, TargetType } from "./losses.ts";
import { createLoss, reduceLoss } from "./losses.ts";
import type { Tfjs } from "./network.ts";

/** A head with all that its loss needs. */
export interface HeadTask {
  readonly name: string;
  readonly plan: HeadPlan;
  readonly type: TargetType;
  readonly loss: Loss;
  /** By class (multilabel: by label); training only. Undefined where all are 1. */
  readonly classWeights?: readonly number[];
}

/**
 * The heads of a plan that a network has; a reduced network (a floor) may lack some.
 *
 * @throws RangeError for a loss that the runtime does not have
 */
export function headTasks(
  tf: Tfjs,
  training: TrainPlan,
  data: DataPlan,
  fitted: FittedData,
  heads: readonly string[],
): HeadTask[] {
  return heads.map((name) => {
    const plan = training.heads[name];
    if (plan === undefined) throw new RangeError(`The program has an output \`${name}\` but no head of that name.`);
    const type = data.targets[plan.target]?.type;
    if (type === undefined)
      throw new RangeError(`Head \`${name}\` predicts \`${plan.target}\`, which is not a target.`);
    const weights = fitted.targets[plan.target]?.weights;
    const classWeights = weights?.some((weight) => weight !== 1) === true ? weights : undefined;
    return { name, plan, type, loss: createLoss(tf, plan.loss, type), classWeights };
  });
}

export interface Coefficients {
  /** Factor of each element of the loss; their sum is 1 (before class weights). Undefined: all count alike. */
  readonly factors?: NumArray;
  /** Elements that count. */
  readonly count: number;
}

/**
 * Who counts in the loss of a head: present · weight / Σ present, per row or per element. Class weights do not enter the
 * denominator, as in Keras, where a class weighs the same in every batch.
 */
export function coefficientsOf(task: HeadTask, batch: Batch, training: boolean): Coefficients {
  const labels = batch.targets[task.plan.target] as NumArray;
  const elementwise = task.type === "multilabel" || task.type === "regression";
  const columns = elementwise ? labels.data.length / Math.max(1, batch.size) : 1;
  const elements = batch.size * columns;
  const there = batch.targets[`${task.plan.target}.present`];
  const needed = (task.plan.needs ?? []).map((name) => batch.inputs[`${name}.present`]).filter((p) => p !== undefined);
  const weights = training ? task.classWeights : undefined;
  if (there === undefined && needed.length === 0 && weights === undefined) return { count: elements };

  const factors = new Float32Array(elements);
  const perElement = there !== undefined && there.data.length === elements;
  let count = 0;
  for (let i = 0; i < elements; i++) {
    const row = Math.floor(i / columns);
    if (there !== undefined && there.data[perElement ? i : row] === 0) continue;
    if (needed.some((present) => present.data[row] === 0)) continue;
    count++;
    factors[i] =
      weights === undefined ? 1 : (weights[elementwise ? i % columns : Math.round(labels.data[i] as number)] ?? 1);
  }
  for (let i = 0; i < elements; i++) factors[i] = (factors[i] as number) / Math.max(1, count);
  return { factors: { data: factors, shape: elementwise ? [batch.size, columns] : [batch.size] }, count };
}

/** Losses of one forward pass. Total is what the gradient is taken of. */
export interface Losses {
  readonly total: Scalar;
  /** Unweighted, in the order of the tasks. */
  readonly byHead: readonly Scalar[];
}

/** Heads without weight (members of a late fusion) are measured, and add nothing to the total. */
export function lossesOf(
  tf: Tfjs,
  tasks: readonly HeadTask[],
  outputs: { readonly [head: string]: Tensor },
  labels: { readonly [target: string]: Tensor },
  factors: readonly (Tensor | undefined)[],
): Losses {
  const byHead = tasks.map((task, i) =>
    reduceLoss(tf, task.loss(outputs[task.name] as Tensor, labels[task.plan.target] as Tensor), factors[i]),
  );
  const terms = tasks.flatMap((task, i) => {
    const weight = task.plan.lossWeight;
    return weight === 0 ? [] : [weight === 1 ? (byHead[i] as Scalar) : tf.mul(byHead[i] as Scalar, weight)];
  });
  const total = terms.length === 0 ? tf.scalar(0) : terms.length === 1 ? (terms[0] as Scalar) : tf.addN(terms);
  return { total: total as Scalar, byHead };
}
