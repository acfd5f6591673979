/**
 * Where a regression head starts: its bias is the mean of the target on the training rows, in the units of the loss, so
 * that the first epochs are not spent on finding a price of 200,000. Keras users write `bias_initializer=Constant(mean)`.
 */
import type { DataPlan, TrainPlan } from "../../plan/plan.ts";
import type { Part } from "../data/batch.ts";
import type { Network } from "./network.ts";

/** Sets the bias of every regression head that has one; other weights stay as they were drawn. */
export function startAtMean(network: Network, training: TrainPlan, data: DataPlan, train: Part): void {
  for (const head of network.heads) {
    const name = training.heads[head]?.target;
    if (name === undefined || data.targets[name]?.type !== "regression") continue;
    const bias = network.weights.find((weight) => weight.name === `${head}/bias`);
    const means = columnMeans(train, name);
    if (bias === undefined || means === undefined || bias.variable.size !== means.length) continue;
    const start = network.tf.tensor1d(means);
    bias.variable.assign(start);
    start.dispose();
  }
}

/** The mean of each column over the rows that have a label. */
function columnMeans(part: Part, target: string): Float32Array | undefined {
  const values = part.target(target);
  if (values === undefined) return undefined;
  const columns = values.shape[1] ?? 1;
  const labelled = part.labelled(target);
  const perCell = labelled.length === values.data.length;
  const sums = new Float64Array(columns);
  const counts = new Float64Array(columns);
  for (let i = 0; i < values.data.length; i++) {
    const column = i % columns;
    if (labelled[perCell ? i : Math.floor(i / columns)] === 0) continue;
    sums[column] = (sums[column] as number) + (values.data[i] as number);
    counts[column] = (counts[column] as number) + 1;
  }
  return Float32Array.from(sums, (sum, column) =>
    (counts[column] as number) > 0 ? sum / (counts[column] as number) : 0,
  );
}
