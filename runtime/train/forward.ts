/**
 * From a prepared batch to tensors, and a whole part through a network. Knows nothing of training.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { Batch, NumArray, Part } from "../data/batch.ts";
import type { Network, Tfjs } from "./network.ts";
import type { HeadTask } from "./objective.ts";
import { coefficientsOf, lossesOf } from "./objective.ts";

/** A tensor of a prepared array. The caller owns it. */
export function toTensor(tf: Tfjs, array: NumArray): Tensor {
  return tf.tensor(array.data, [...array.shape], array.data instanceof Int32Array ? "int32" : "float32");
}

/** The inputs that a network reads, as tensors; `NAME.present` of a required modality is 1 where it is read all the same. */
export function inputTensors(network: Network, batch: Batch): { [name: string]: Tensor } {
  const { tf } = network;
  const tensors: { [name: string]: Tensor } = {};
  for (const name of network.inputs) {
    const array = batch.inputs[name];
    if (array !== undefined) tensors[name] = toTensor(tf, array);
    else if (name.endsWith(".present")) tensors[name] = tf.ones([batch.size]);
    else throw new RangeError(`The model reads \`${name}\`, which the data do not have.`);
  }
  return tensors;
}

/** What a network says about a part: raw outputs by head, in the order of its rows. */
export interface PartOutputs {
  readonly outputs: { readonly [head: string]: { readonly data: Float32Array; readonly width: number } };
  /** Mean loss by head over the elements that have a label; NaN where none has. Only if asked for. */
  readonly losses: { readonly [head: string]: number };
  /** Their weighted sum. */
  readonly loss: number;
}

/** A pass without gradients takes more rows at once than a step of training: so many, or as many as hold so many numbers. */
const ROWS_AT_ONCE = 256;
const NUMBERS_AT_ONCE = 4_000_000;

/**
 * Runs all rows of a part, without dropout and with the statistics learned.
 *
 * @param options.batchSize rows that fit a step of training; more are taken at once where they are small
 * @param tasks heads whose loss is wanted; none where the rows have no labels
 */
export async function runPart(
  network: Network,
  part: Part,
  tasks: readonly HeadTask[],
  options: { readonly batchSize: number; readonly signal?: AbortSignal; readonly onRows?: (done: number) => void },
): Promise<PartOutputs> {
  const { tf } = network;
  const outputs: { [head: string]: { data: Float32Array; width: number } } = {};
  const sums = tasks.map(() => ({ loss: 0, count: 0 }));
  let done = 0;
  const fitting = Math.floor(NUMBERS_AT_ONCE / (network.rowSize ?? Number.POSITIVE_INFINITY));
  const batchSize = Math.max(options.batchSize, Math.min(ROWS_AT_ONCE, fitting));
  for await (const batch of part.batches({ batchSize })) {
    if (options.signal?.aborted === true) throw new DOMException("Stopped.", "AbortError");
    tf.tidy(() => {
      const result = network.apply(inputTensors(network, batch), false);
      for (const head of network.heads) {
        const output = result[head] as Tensor;
        const width = output.size / Math.max(1, batch.size);
        outputs[head] ??= { data: new Float32Array(part.rows * width), width };
        outputs[head].data.set(output.dataSync() as Float32Array, done * width);
      }
      if (tasks.length === 0) return;
      const coefficients = tasks.map((task) => coefficientsOf(task, batch, false));
      const factors = coefficients.map((c) => (c.factors === undefined ? undefined : toTensor(tf, c.factors)));
      const { byHead } = lossesOf(tf, tasks, result, labelTensors(tf, batch), factors);
      byHead.forEach((loss, i) => {
        const sum = sums[i] as { loss: number; count: number };
        const count = (coefficients[i] as { count: number }).count;
        if (count > 0) sum.loss += (loss.dataSync()[0] as number) * count;
        sum.count += count;
      });
    });
    done += batch.size;
    options.onRows?.(done);
    await turn();
  }
  const losses = Object.fromEntries(tasks.map((task, i) => [task.name, mean(sums[i])]));
  const loss = tasks.reduce((sum, task) => sum + weighed(task.plan.lossWeight, losses[task.name] as number), 0);
  return { outputs, losses, loss };
}

/** Labels by target, without the presence arrays. */
export function labelTensors(tf: Tfjs, batch: Batch): { [target: string]: Tensor } {
  const entries = Object.entries(batch.targets).filter(([name]) => !name.endsWith(".present"));
  return Object.fromEntries(entries.map(([name, array]) => [name, toTensor(tf, array)]));
}

/** A head without any label in the rows adds nothing. */
export function weighed(weight: number, loss: number): number {
  return weight === 0 || Number.isNaN(loss) ? 0 : weight * loss;
}

/** Lets timers, signals and the terminal have their turn between two steps. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function mean(sum: { readonly loss: number; readonly count: number } | undefined): number {
  return sum === undefined || sum.count === 0 ? Number.NaN : sum.loss / sum.count;
}
