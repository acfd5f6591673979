import * as tf from "@tensorflow/tfjs";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DataPlan, TrainPlan } from "../../../plan/plan.ts";
import type { FittedData } from "../../../runtime/data/batch.ts";
import { runPart } from "../../../runtime/train/forward.ts";
import type { EpochReport, LoopOptions } from "../../../runtime/train/loop.ts";
import { trainNetwork } from "../../../runtime/train/loop.ts";
import type { Network } from "../../../runtime/train/network.ts";
import { coefficientsOf, headTasks } from "../../../runtime/train/objective.ts";
import { learnersOf } from "../../../runtime/train/step.ts";
import { TrainingError } from "../../../runtime/train/training-error.ts";
import { floats, generator, ints, linearNetwork, memoryPart } from "./memory-part.ts";

beforeAll(async () => {
  tf.env().set("IS_TEST", true);
  await tf.setBackend("cpu");
});

const data = {
  targets: {
    risk: { type: "binary", columns: ["risk"] },
    kind: { type: "multiclass", columns: ["kind"] },
    price: { type: "regression", columns: ["price"] },
  },
} as unknown as DataPlan;

function plan(change: Partial<TrainPlan> & Pick<TrainPlan, "heads">): TrainPlan {
  return {
    optimizer: { sgd: { learningRate: 0.1 } },
    schedule: "constant",
    epochs: 3,
    batchSize: 8,
    seed: 1,
    ...change,
  };
}

function head(
  target: string,
  loss: string,
  more: Partial<TrainPlan["heads"][string]> = {},
): TrainPlan["heads"][string] {
  return { target, loss, lossWeight: 1, metrics: [], output: true, ...more };
}

/** 40 rows: y = 2a - b + 0.5, and whether it is over 0.5. */
function rows(n = 40, seed = 5) {
  const random = generator(seed);
  const x = Array.from({ length: n * 2 }, () => random() * 2 - 1);
  const y = Array.from({ length: n }, (_, i) => 2 * (x[2 * i] as number) - (x[2 * i + 1] as number) + 0.5);
  return {
    x: floats(x, n, 2),
    price: floats(y, n, 1),
    risk: floats(
      y.map((v) => (v > 0.5 ? 1 : 0)),
      n,
    ),
    kind: ints(
      y.map((v) => (v > 1 ? 2 : v > 0 ? 1 : 0)),
      n,
    ),
  };
}

const fitted: FittedData = { version: 1, modalities: {}, targets: { risk: {}, kind: {}, price: {} } };

function options(network: Network, training: TrainPlan, more: Partial<LoopOptions> = {}): LoopOptions {
  const { x, ...targets } = rows();
  return {
    plan: training,
    tasks: headTasks(tf, training, data, fitted, network.heads),
    train: memoryPart({ x }, targets),
    epochs: training.epochs,
    seed: training.seed,
    judge: () => ({}),
    direction: () => 1,
    ...more,
  };
}

let before: number;
beforeEach(() => {
  before = tf.memory().numTensors;
});

describe("the loop", () => {
  it("finds the line behind the numbers, leaks nothing, and reports each epoch", async () => {
    const network = linearNetwork(tf, 2, { value: 1 });
    const training = plan({ heads: { value: head("price", "mse") }, epochs: 60 });
    const epochs: EpochReport[] = [];
    const { x, ...targets } = rows(16, 9);
    const result = await trainNetwork(
      network,
      options(network, training, {
        validation: memoryPart({ x }, targets),
        onEpoch: (report) => void epochs.push(report),
      }),
    );
    expect(result).toMatchObject({ status: "finished", epochs: 60, steps: 300, stepsPerEpoch: 5, kept: 60 });
    expect(Array.from(network.weights[0]?.variable.dataSync() ?? [])).toEqual([
      expect.closeTo(2, 3),
      expect.closeTo(-1, 3),
    ]);
    expect(epochs).toHaveLength(60);
    expect(epochs.at(-1)?.validation?.loss).toBeLessThan(1e-5);
    expect(epochs[0]?.best).toBe(true);
    result.optimizer.dispose();
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("is the hand-written step: loss and weights of two batches of plain gradient descent", async () => {
    const network = linearNetwork(tf, 1, { value: 1 });
    const training = plan({ heads: { value: head("price", "mse", { lossWeight: 0.5 }) }, epochs: 1, batchSize: 2 });
    const part = { ...memoryPart({ x: floats([1, 2, 3], 3, 1) }, { price: floats([2, 3, 5], 3, 1) }) };
    const inOrder = {
      ...part,
      batches: (o: Parameters<typeof part.batches>[0]) => part.batches({ batchSize: o.batchSize }),
    };
    const reports: EpochReport[] = [];
    await trainNetwork(network, options(network, training, { train: inOrder, onEpoch: (r) => void reports.push(r) }));
    // Batch 1: errors -2, -3; loss 0.5·6.5. dk = 0.5·(2·(-2·1 + -3·2))/2 = -4, db = -2.5. Then x=3: prediction 1.2 + 0.25·... by hand:
    const k1 = 0.4;
    const b1 = 0.25;
    const error = 3 * k1 + b1 - 5;
    const k2 = k1 - 0.1 * 0.5 * 2 * error * 3;
    const b2 = b1 - 0.1 * 0.5 * 2 * error;
    expect(network.weights.map((w) => w.variable.dataSync()[0])).toEqual([
      expect.closeTo(k2, 5),
      expect.closeTo(b2, 5),
    ]);
    expect(reports[0]?.loss).toBeCloseTo(0.5 * ((6.5 * 2 + error ** 2) / 3), 5);
    expect(reports[0]?.losses.value).toBeCloseTo((6.5 * 2 + error ** 2) / 3, 5);
  });

  it("learns several heads at once, each with its own weight; a weight of 0 teaches nothing", async () => {
    const network = linearNetwork(tf, 2, { a: 1, b: 3, c: 1 });
    const training = plan({
      heads: {
        a: head("risk", "binary_crossentropy"),
        b: head("kind", "categorical_crossentropy"),
        c: head("price", "mse", { lossWeight: 0 }),
      },
      epochs: 40,
      optimizer: { adam: { learningRate: 0.05 } },
    });
    const part = memoryPart({ x: rows().x }, rows());
    const result = await trainNetwork(network, options(network, training));
    const { losses, outputs } = await runPart(network, part, options(network, training).tasks, { batchSize: 7 });
    expect(losses.a).toBeLessThan(0.35);
    expect(losses.b).toBeLessThan(0.6);
    expect(outputs.b?.data).toHaveLength(120);
    expect(network.weights[4]?.variable.dataSync()[0]).toBe(0);
    result.optimizer.dispose();
  });

  it("gives the same weights twice with the same seed, and others with another", async () => {
    const train = async (seed: number) => {
      const network = linearNetwork(tf, 2, { value: 1 });
      await trainNetwork(network, options(network, plan({ heads: { value: head("price", "mse") } }), { seed }));
      return Array.from(network.weights[0]?.variable.dataSync() ?? []);
    };
    expect(await train(1)).toEqual(await train(1));
    expect(await train(1)).not.toEqual(await train(2));
  });

  it("keeps the best weights with `stop` and the last ones without", async () => {
    const values = [0.5, 0.9, 0.7, 0.6, 0.95, 0.1];
    const run = async (stop?: TrainPlan["stop"]) => {
      const network = linearNetwork(tf, 2, { value: 1 });
      const kernels: number[] = [];
      let epoch = 0;
      const training = plan({ heads: { value: head("price", "mse") }, epochs: 6, ...(stop && { stop }) });
      const { x, ...targets } = rows(8);
      const result = await trainNetwork(
        network,
        options(network, training, {
          validation: memoryPart({ x }, targets),
          judge: () => ({ value: { r2: values[epoch++] as number } }),
          onEpoch: () => void kernels.push(network.weights[0]?.variable.dataSync()[0] as number),
        }),
      );
      return { result, kernels, kernel: network.weights[0]?.variable.dataSync()[0] };
    };
    const early = await run({ patience: 2, monitor: "value.r2" });
    expect(early.result).toMatchObject({ status: "early", epochs: 4, kept: 2, best: { epoch: 2, value: 0.9 } });
    expect(early.kernel).toBe(early.kernels[1]);
    const patient = await run({ patience: 3, monitor: "value.r2" });
    expect(patient.result).toMatchObject({ status: "finished", epochs: 6, kept: 5 });
    expect(patient.kernel).toBe(patient.kernels[4]);
    const plain = await run();
    expect(plain.kernel).toBe(plain.kernels[5]);
  });

  it("lower is better where the metric says so", async () => {
    const network = linearNetwork(tf, 2, { value: 1 });
    const values = [3, 2, 4];
    let epoch = 0;
    const { x, ...targets } = rows(8);
    const result = await trainNetwork(
      network,
      options(network, plan({ heads: { value: head("price", "mse") }, stop: { patience: 9, monitor: "value.mae" } }), {
        validation: memoryPart({ x }, targets),
        judge: () => ({ value: { mae: values[epoch++] as number } }),
        direction: () => -1,
      }),
    );
    expect(result.best).toEqual({ epoch: 2, value: 2 });
  });

  it("finishes the step and stops when told to", async () => {
    const network = linearNetwork(tf, 2, { value: 1 });
    const controller = new AbortController();
    const training = plan({ heads: { value: head("price", "mse") }, epochs: 9 });
    const result = await trainNetwork(
      network,
      options(network, training, {
        signal: controller.signal,
        onStep: ({ epoch, step }) => epoch === 2 && step === 3 && controller.abort(),
      }),
    );
    expect(result).toMatchObject({ status: "stopped", epochs: 1, steps: 8 });
    expect(network.weights[0]?.variable.dataSync()[0]).not.toBe(0);
    result.optimizer.dispose();
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("stops at a loss that is not finite, says where, and has the weights of the epoch before", async () => {
    const network: Network = { ...linearNetwork(tf, 2, { value: 1 }), firstNonFinite: () => "value" };
    const training = plan({
      heads: { value: head("price", "mse") },
      epochs: 200,
      optimizer: { sgd: { learningRate: 50 } },
    });
    const kernels: number[][] = [];
    const run = trainNetwork(
      network,
      options(network, training, {
        onEpoch: () => void kernels.push(Array.from(network.weights[0]?.variable.dataSync() ?? [])),
      }),
    );
    const error = await run.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TrainingError);
    const { code, facts } = error as TrainingError;
    expect(code).toBe("loss-not-finite");
    expect(facts).toMatchObject({ layer: "value", epoch: facts.kept + 1 });
    expect(facts.step).toBeGreaterThan(facts.kept * 5);
    expect(Array.from(network.weights[0]?.variable.dataSync() ?? [])).toEqual(kernels[facts.kept - 1]);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("a schedule reaches the update", async () => {
    const network = linearNetwork(tf, 2, { value: 1 });
    const reports: EpochReport[] = [];
    const training = plan({
      heads: { value: head("price", "mse") },
      schedule: { exponential: { rate: 0.5 } },
      epochs: 2,
    });
    await trainNetwork(network, options(network, training, { onEpoch: (r) => void reports.push(r) }));
    expect(reports[1]?.learningRate).toBeCloseTo(0.1 * 0.5 ** (9 / 5), 6);
  });
});

describe("layers with a rate of their own", () => {
  it("frozen ones stay, others move by their rate; the longest prefix holds", async () => {
    const network = linearNetwork(tf, 2, { seen: 1, seen_dense: 1, told: 1 });
    const training = plan({
      heads: { seen: head("price", "mse"), seen_dense: head("price", "mse"), told: head("price", "mse") },
      layers: { seen: { frozen: true }, seen_dense: { learningRate: 0.01 } },
    });
    expect(learnersOf(network.weights, training, 0.1).map((l) => [l.weight.name, l.rate])).toEqual([
      ["seen_dense/kernel", 0.01],
      ["seen_dense/bias", 0.01],
      ["told/kernel", 0.1],
      ["told/bias", 0.1],
    ]);
    await trainNetwork(network, options(network, training));
    const [seen, , dense, , told] = network.weights.map((w) => w.variable.dataSync()[0] as number);
    expect(seen).toBe(0);
    expect(Math.abs(dense as number)).toBeGreaterThan(0);
    expect(Math.abs(told as number)).toBeGreaterThan(2 * Math.abs(dense as number));
  });
});

describe("who counts", () => {
  const batch = (targets: object, inputs: object) => ({ size: 3, rows: new Int32Array(3), inputs, targets }) as never;
  const tasks = (weights?: number[], needs?: string[]) =>
    headTasks(
      tf,
      plan({ heads: { h: head("kind", "categorical_crossentropy", needs && { needs }) } }),
      data,
      { ...fitted, targets: { kind: { weights } } },
      ["h"],
    );

  it("all alike where nothing is absent", () => {
    const [task] = tasks();
    expect(coefficientsOf(task as never, batch({ kind: ints([0, 1, 2], 3) }, {}), true)).toEqual({ count: 3 });
  });

  it("labels and needed modalities that are absent leave the row out", () => {
    const [task] = tasks(undefined, ["chart"]);
    const { factors, count } = coefficientsOf(
      task as never,
      batch(
        { kind: ints([0, 1, 2], 3), "kind.present": floats([1, 0, 1], 3) },
        { "chart.present": floats([1, 1, 0], 3) },
      ),
      true,
    );
    expect(count).toBe(1);
    expect(Array.from(factors?.data ?? [])).toEqual([1, 0, 0]);
  });

  it("class weights count in training only", () => {
    const [task] = tasks([1, 2, 4]);
    const kinds = batch({ kind: ints([2, 1, 0], 3) }, {});
    expect(Array.from(coefficientsOf(task as never, kinds, true).factors?.data ?? [])).toEqual(
      [4, 2, 1].map((w) => expect.closeTo(w / 3, 6)),
    );
    expect(coefficientsOf(task as never, kinds, false).factors).toBeUndefined();
  });

  it("each column of a regression by itself", () => {
    const two = headTasks(tf, plan({ heads: { h: head("price", "mse") } }), data, fitted, ["h"])[0];
    const { factors, count } = coefficientsOf(
      two as never,
      {
        size: 2,
        rows: new Int32Array(2),
        inputs: {},
        targets: { price: floats([1, 2, 3, 4], 2, 2), "price.present": floats([1, 0, 1, 1], 2, 2) },
      },
      true,
    );
    expect(count).toBe(3);
    expect(Array.from(factors?.data ?? [])).toEqual([1, 0, 1, 1].map((v) => expect.closeTo(v / 3, 6)));
  });
});
