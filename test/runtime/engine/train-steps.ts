/**
 * Some training steps of a compiled program on whatever backend of tfjs is active: weights from the seed, batches made up
 * by the shapes that the program asks for. The same call gives the same weights and batches on every engine.
 */
import type { DataPlan } from "../../../plan/plan.ts";
import type { FittedData, NumArray } from "../../../runtime/data/batch.ts";
import { createTf, type InputConfig } from "../../../runtime/layers/facade.ts";
import type { Fitted } from "../../../runtime/layers/fitted.ts";
import type { Program } from "../../../runtime/program.ts";
import { trainNetwork } from "../../../runtime/train/loop.ts";
import { type Network, networkOf, type Tfjs } from "../../../runtime/train/network.ts";
import { headTasks } from "../../../runtime/train/objective.ts";
import { floats, generator, ints, memoryPart } from "../train/memory-part.ts";

export interface Trained {
  /** Of each step. */
  readonly losses: readonly number[];
  /** After the last step, statistics included. */
  readonly weights: { readonly [name: string]: Float32Array };
  /** The largest change of any weight. */
  readonly moved: number;
}

/** Sizes that fitting would have found. */
const sizes = { features: 7, vocabulary: 11, classes: 3, time: 24, bands: 6 } as const;
const fittedSizes: Fitted = {
  features: () => sizes.features,
  vocabulary: () => sizes.vocabulary,
  classes: () => sizes.classes,
  time: () => sizes.time,
  size: (symbol) => sizes[symbol.slice(symbol.lastIndexOf(".") + 1) as keyof typeof sizes],
};

/** Trains `steps` steps of `batchSize` rows, each row once. */
export async function trainSteps(
  tf: Tfjs,
  program: Program,
  { steps, batchSize }: { readonly steps: number; readonly batchSize: number },
): Promise<Trained> {
  const facade = createTf(tf, { seed: 3 });
  const asked: InputConfig[] = [];
  const watched = {
    ...facade,
    input: (config: InputConfig) => {
      asked.push(config);
      return facade.input(config);
    },
  };
  const network = networkOf(tf, facade, program.buildModel(watched, fittedSizes));
  try {
    const rows = steps * batchSize;
    const inputs = Object.assign({}, ...asked.map((config) => madeUpInput(config, rows)));
    const fitted = madeUpFit(program.data);
    const targets = madeUpTargets(network, program, inputs, rows);
    const before = weightsOf(network);
    const plan = { ...program.training, epochs: 1, batchSize };
    const losses: number[] = [];
    let sum = 0;
    const { stop: _, ...whole } = plan;
    const { optimizer } = await trainNetwork(network, {
      plan: whole,
      tasks: headTasks(tf, plan, program.data, fitted, network.heads),
      train: memoryPart(inputs, targets),
      epochs: 1,
      seed: 3,
      judge: () => ({}),
      direction: () => 1,
      onStep({ step, loss }) {
        // The loop tells the mean of the epoch so far.
        losses.push(loss * step - sum);
        sum = loss * step;
      },
    });
    optimizer.dispose();
    const weights = weightsOf(network);
    const moved = Math.max(0, ...Object.entries(weights).map(([name, now]) => largestChange(before[name]!, now)));
    return { losses, weights, moved };
  } finally {
    network.dispose();
  }
}

/** What differs most between two trainings: losses and weights, each relative to its size where that is over 1. */
export function gap(a: Trained, b: Trained): { losses: number; weights: number; worst: string } {
  let weights = 0;
  let worst = "";
  for (const [name, values] of Object.entries(a.weights)) {
    const difference = largestGap(values, b.weights[name] ?? new Float32Array());
    if (difference > weights) [weights, worst] = [difference, name];
  }
  return { losses: largestGap(a.losses, b.losses), weights, worst };
}

function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(a[i]!));
    if (!(difference <= most)) most = difference;
  }
  return most;
}

function largestChange(before: Float32Array, after: Float32Array): number {
  return before.reduce((most, x, i) => Math.max(most, Math.abs(x - after[i]!)), 0);
}

function weightsOf(network: Network): { [name: string]: Float32Array } {
  return Object.fromEntries(
    network.weights.map(({ name, variable }) => [name, (variable.dataSync() as Float32Array).slice()]),
  );
}

/** Values of an input with its mask and presence, as the data give them: what is masked or absent is 0. */
function madeUpInput(
  { name, shape, dtype, masked, optional }: InputConfig,
  rows: number,
): { [name: string]: NumArray } {
  const random = generator(name.length * 7919 + name.charCodeAt(0));
  const size = shape.reduce((product, n) => product * n, 1);
  const first = shape[0] ?? 1;
  const values: number[] = [];
  const mask: number[] = [];
  const present: number[] = [];
  for (let row = 0; row < rows; row++) {
    const there = !optional || random() > 0.3;
    const length = there ? (masked ? 1 + Math.floor(random() * first) : first) : 0;
    present.push(there ? 1 : 0);
    for (let i = 0; i < first; i++) mask.push(i < length ? 1 : 0);
    if (dtype === "int32") {
      // The last axis are tokens: some, then padding.
      const tokens = shape.at(-1) ?? 1;
      for (let item = 0; item < size / tokens; item++) {
        const some = item * tokens < (length * size) / first ? 1 + Math.floor(random() * tokens) : 0;
        for (let i = 0; i < tokens; i++) values.push(i < some ? 1 + Math.floor(random() * (sizes.vocabulary - 1)) : 0);
      }
    } else for (let i = 0; i < size; i++) values.push(i < (length * size) / first ? 2 * random() - 1 : 0);
  }
  return {
    [name]: (dtype === "int32" ? ints : floats)(values, rows, ...shape),
    ...(masked ? { [`${name}.mask`]: floats(mask, rows, first) } : {}),
    ...(optional ? { [`${name}.present`]: floats(present, rows) } : {}),
  };
}

function madeUpFit(data: DataPlan): FittedData {
  const targets = Object.entries(data.targets).map(([name, plan]) => [
    name,
    plan.classWeight === undefined ? {} : { weights: Array.from({ length: 16 }, (_, i) => 0.5 + (i % 3) / 2) },
  ]);
  return { version: 1, modalities: {}, targets: Object.fromEntries(targets) };
}

/** Labels for each target, as wide as the head that predicts it. */
function madeUpTargets(
  network: Network,
  program: Program,
  inputs: { readonly [name: string]: NumArray },
  rows: number,
): { [name: string]: NumArray } {
  const { tf } = network;
  const made: { [name: string]: NumArray } = {};
  for (const [head, width] of Object.entries(widths())) {
    const name = program.training.heads[head]!.target;
    const { type, optional } = program.data.targets[name]!;
    const random = generator(name.length * 104729 + name.charCodeAt(0));
    const whole = type === "multilabel" || type === "regression";
    if (type === "multiclass")
      made[name] = ints(
        draw(rows, () => Math.floor(random() * width)),
        rows,
      );
    else if (type === "regression")
      made[name] = floats(
        draw(rows * width, () => 2 * random() - 1),
        rows,
        width,
      );
    else {
      const labels = draw(whole ? rows * width : rows, () => (random() < 0.5 ? 1 : 0));
      made[name] = floats(labels, rows, ...(whole ? [width] : []));
    }
    if (optional === true) {
      const there = draw(whole ? rows * width : rows, () => (random() < 0.7 ? 1 : 0));
      made[`${name}.present`] = floats(there, rows, ...(whole ? [width] : []));
    }
  }
  return made;

  function widths(): { [head: string]: number } {
    return tf.tidy(() => {
      const one = Object.fromEntries(
        network.inputs.map((name) => {
          const { data, shape } = inputs[name] ?? floats(new Array(rows).fill(1), rows);
          const some = data.subarray(0, data.length / rows);
          return [name, tf.tensor(some, [1, ...shape.slice(1)], data instanceof Int32Array ? "int32" : "float32")];
        }),
      );
      const outputs = network.apply(one, false);
      return Object.fromEntries(Object.entries(outputs).map(([head, output]) => [head, output.size]));
    });
  }
}

function draw(count: number, one: () => number): number[] {
  return Array.from({ length: count }, one);
}
