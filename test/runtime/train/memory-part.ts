/** A part whose rows lie in memory, and small networks of bare variables: the loop without data, layers or engine. */
import type * as tfjs from "@tensorflow/tfjs";
import type { Batch, BatchOptions, NumArray, Part } from "../../../runtime/data/batch.ts";
import type { Network, Weight } from "../../../runtime/train/network.ts";

type Arrays = { readonly [name: string]: NumArray };

/** Rows in table order; with `shuffle`, a seeded permutation by epoch. */
export function memoryPart(inputs: Arrays, targets: Arrays, name: Part["name"] = "train"): Part {
  const rows = Object.values(inputs)[0]?.shape[0] as number;
  const pick = (array: NumArray, order: Int32Array): NumArray => {
    const width = array.data.length / Math.max(1, rows);
    const data =
      array.data instanceof Int32Array ? new Int32Array(order.length * width) : new Float32Array(order.length * width);
    for (const [i, row] of order.entries()) data.set(array.data.subarray(row * width, (row + 1) * width), i * width);
    return { data, shape: [order.length, ...array.shape.slice(1)] };
  };
  return {
    name,
    rows,
    ids: Array.from({ length: rows }, (_, i) => String(i + 1)),
    rowNumbers: Int32Array.from({ length: rows }, (_, i) => i + 1),
    async *batches({ batchSize, shuffle, start = 0 }: BatchOptions): AsyncIterable<Batch> {
      const order = Int32Array.from({ length: rows }, (_, i) => i);
      if (shuffle !== undefined) {
        const random = generator(shuffle.seed * 1000 + shuffle.epoch);
        for (let i = rows - 1; i > 0; i--) {
          const j = Math.floor(random() * (i + 1));
          [order[i], order[j]] = [order[j] as number, order[i] as number];
        }
      }
      for (let at = start * batchSize; at < rows; at += batchSize) {
        const some = order.slice(at, at + batchSize);
        const all = (arrays: Arrays) => Object.fromEntries(Object.entries(arrays).map(([n, a]) => [n, pick(a, some)]));
        yield { size: some.length, rows: some, inputs: all(inputs), targets: all(targets) };
      }
    },
    target: (target) => targets[target],
    labelled: (target) =>
      (targets[`${target}.present`]?.data as Float32Array | undefined) ?? new Float32Array(rows).fill(1),
    present: (modality) =>
      (inputs[`${modality}.present`]?.data as Float32Array | undefined) ?? new Float32Array(rows).fill(1),
  };
}

export function floats(data: ArrayLike<number>, ...shape: number[]): NumArray {
  return { data: Float32Array.from(data), shape };
}

export function ints(data: ArrayLike<number>, ...shape: number[]): NumArray {
  return { data: Int32Array.from(data), shape };
}

/** Mulberry32: the same numbers everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A linear head of every output on `x`: weights `HEAD/kernel` and `HEAD/bias`, both starting at `start`. */
export function linearNetwork(tf: typeof tfjs, width: number, heads: { [name: string]: number }, start = 0): Network {
  const weights: Weight[] = Object.entries(heads).flatMap(([head, units]) =>
    (["kernel", "bias"] as const).map((name) => ({
      name: `${head}/${name}`,
      layer: head,
      variable: tf.tidy(() => tf.variable(tf.fill(name === "kernel" ? [width, units] : [units], start))),
      trainable: true,
    })),
  );
  const at = (name: string) => weights.find((weight) => weight.name === name)?.variable as tfjs.Variable;
  return {
    tf,
    inputs: ["x"],
    heads: Object.keys(heads),
    weights,
    parameters: weights.reduce((sum, weight) => sum + weight.variable.size, 0),
    apply: (inputs) =>
      Object.fromEntries(
        Object.keys(heads).map((head) => [
          head,
          tf.add(
            tf.matMul(inputs.x as tfjs.Tensor2D, at(`${head}/kernel`) as unknown as tfjs.Tensor2D),
            at(`${head}/bias`),
          ),
        ]),
      ),
    dispose() {
      for (const weight of weights) weight.variable.dispose();
    },
  };
}
