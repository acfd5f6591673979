/**
 * A training that is taken up anywhere comes to the same bits: saved after every step, then resumed from each checkpoint,
 * with every optimizer and schedule, statistics, dropout, early stopping and best weights.
 */
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DataPlan, TrainPlan } from "../../../plan/plan.ts";
import type { FittedData } from "../../../runtime/data/batch.ts";
import { createTf } from "../../../runtime/layers/facade.ts";
import { apply } from "../../../runtime/layers/value.ts";
import type { Checkpoints } from "../../../runtime/train/checkpoints.ts";
import { createCheckpoints, SHARE, STEP_INTERVAL } from "../../../runtime/train/checkpoints.ts";
import type { EpochReport, LoopOptions, LoopResult } from "../../../runtime/train/loop.ts";
import { trainNetwork } from "../../../runtime/train/loop.ts";
import type { Network } from "../../../runtime/train/network.ts";
import { networkOf } from "../../../runtime/train/network.ts";
import { headTasks } from "../../../runtime/train/objective.ts";
import { type Checkpoint, StateError } from "../../../runtime/train/state.ts";
import { TrainingError } from "../../../runtime/train/training-error.ts";
import { floats, generator, memoryPart } from "./memory-part.ts";
import { copyOf, memoryStore } from "./memory-store.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

let before: number;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

const data = { targets: { risk: { type: "binary", columns: ["risk"] } } } as unknown as DataPlan;
const fitted: FittedData = { version: 1, modalities: {}, targets: { risk: {} } };
const EPOCHS = 4;
const ROWS = 26;
const STEPS = 4;

function rows(n: number, seed: number) {
  const random = generator(seed);
  const x = Array.from({ length: n * 3 }, () => random() * 2 - 1);
  const y = Array.from({ length: n }, (_, i) => ((x[3 * i] as number) * (x[3 * i + 1] as number) > 0 ? 1 : 0));
  return [{ x: floats(x, n, 3) }, { risk: floats(y, n) }] as const;
}

/** Batch statistics, dropout, a layer without a gradient in it, two dense layers. */
function build(width = 5): Network {
  const facade = createTf(tf, { seed: 7 });
  const x = facade.input({ name: "x", shape: [3] });
  const risk = apply(
    x,
    facade.layers.dense({ name: "inner", units: width, activation: "relu" }),
    facade.layers.batchNormalization({ name: "norm" }),
    facade.layers.dropout({ name: "drop", rate: 0.3 }),
    facade.layers.dense({ name: "risk", units: 1 }),
  );
  return networkOf(tf, facade, facade.model({ name: "M", inputs: [x], outputs: { risk } }));
}

const plan = (change: Partial<TrainPlan> = {}): TrainPlan => ({
  heads: { risk: { target: "risk", loss: "binary_crossentropy", lossWeight: 1, metrics: [], output: true } },
  optimizer: { adam: { learningRate: 0.05 } },
  schedule: "constant",
  epochs: EPOCHS,
  batchSize: 8,
  seed: 1,
  ...change,
});

interface Trained {
  readonly result: Omit<LoopResult, "optimizer" | "seconds">;
  readonly weights: readonly (readonly number[])[];
  readonly reports: readonly Omit<EpochReport, "seconds">[];
  readonly checkpoints: readonly Checkpoint[];
}

/** What is judged in the epochs, in their order. */
type Metrics = readonly number[] | undefined;

async function train(
  training: TrainPlan,
  more: Partial<LoopOptions> = {},
  metrics: Metrics = undefined,
): Promise<Trained> {
  const network = build();
  const checkpoints: Checkpoint[] = [];
  const reports: Omit<EpochReport, "seconds">[] = [];
  let epoch = more.from?.position.ended ?? 0;
  const saving: Checkpoints = {
    due: () => true,
    save: async (checkpoint) => void checkpoints.push(await copyOf(checkpoint)),
  };
  const {
    optimizer,
    seconds: _,
    ...result
  } = await trainNetwork(network, {
    plan: training,
    tasks: headTasks(tf, training, data, fitted, network.heads),
    train: memoryPart(...rows(ROWS, 3)),
    validation: memoryPart(...rows(9, 4), "validation"),
    epochs: EPOCHS,
    seed: 1,
    judge: () => ({ risk: { accuracy: metrics?.[epoch++] ?? 0 } }),
    direction: () => 1,
    onEpoch: ({ seconds: __, ...report }) => void reports.push(report),
    checkpoints: saving,
    ...more,
  });
  const weights = network.weights.map(({ variable }) => Array.from(variable.dataSync()));
  optimizer.dispose();
  network.dispose();
  return { result, weights, reports, checkpoints };
}

/** Trains through, then from each checkpoint on. */
async function resumesEverywhere(training: TrainPlan, metrics?: Metrics): Promise<Trained> {
  const whole = await train(training, {}, metrics);
  for (const from of whole.checkpoints) {
    const { ended, step } = from.position;
    const rest = await train(training, { from }, metrics);
    const where = `epoch ${ended}, step ${step}`;
    expect(rest.weights, where).toEqual(whole.weights);
    expect(rest.result, where).toEqual(whole.result);
    expect(rest.reports, where).toEqual(whole.reports.filter(({ epoch }) => epoch > ended));
  }
  return whole;
}

describe("from every step of a training, to the same bits", () => {
  const optimizers: TrainPlan["optimizer"][] = [
    "adam",
    { adam: { learningRate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1e-6 } },
    { adamw: { learningRate: 0.02, weightDecay: 0.1 } },
    { sgd: { learningRate: 0.1 } },
    { sgd: { learningRate: 0.1, momentum: 0.9 } },
    { sgd: { learningRate: 0.1, momentum: 0.9, nesterov: true } },
    { rmsprop: { learningRate: 0.01 } },
    { rmsprop: { learningRate: 0.01, momentum: 0.9, centered: true } },
  ];
  for (const optimizer of optimizers)
    it(JSON.stringify(optimizer), async () => {
      const { checkpoints, reports } = await resumesEverywhere(plan({ optimizer }));
      // After each step but the last of an epoch, and at the end of each.
      expect(checkpoints.map(({ position }) => [position.ended, position.step])).toEqual(
        Array.from({ length: EPOCHS * STEPS }, (_, i) => [Math.floor((i + 1) / STEPS), (i + 1) % STEPS]),
      );
      expect(reports.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    });

  const schedules: TrainPlan["schedule"][] = [
    { constant: { warmup: 0.4 } },
    { exponential: { rate: 0.5 } },
    { cosine: { warmup: 0.2 } },
  ];
  for (const schedule of schedules)
    it(JSON.stringify(schedule), async () => {
      await resumesEverywhere(plan({ schedule, clip: { norm: 0.5 } }));
    });

  it("a layer that is frozen, another with its own rate", async () => {
    await resumesEverywhere(plan({ layers: { inner: { frozen: true }, risk: { learningRate: 0.001 } } }));
  });

  it("early stopping counts on, and the best weights come back", async () => {
    const stop = { patience: 2, monitor: "risk.accuracy" };
    const early = await resumesEverywhere(plan({ stop, epochs: EPOCHS }), [0.9, 0.5, 0.4, 1]);
    expect(early.result).toMatchObject({ status: "early", epochs: 3, kept: 1, best: { epoch: 1, value: 0.9 } });
    const late = await resumesEverywhere(plan({ stop }), [0.5, 0.9, 0.4, 0.6]);
    expect(late.result).toMatchObject({ status: "finished", epochs: 4, kept: 2 });
    const none = await resumesEverywhere(plan({ stop }), [Number.NaN, 0.2, Number.NaN, 0.1]);
    expect(none.result).toMatchObject({ status: "finished", kept: 2 });
  });
});

describe("a training that is told to stop", () => {
  /** Stops after a step, and goes on from what was saved then. */
  const stopAt = async (epoch: number, step: number, training = plan()) => {
    const controller = new AbortController();
    const stopped = await train(training, {
      signal: controller.signal,
      checkpoints: undefined as never,
      onStep: (report) => report.epoch === epoch && report.step === step && controller.abort(),
    });
    return stopped;
  };

  it("saves in the middle of an epoch, and at its last step before it is validated", async () => {
    const whole = await train(plan());
    for (const [epoch, step] of [
      [1, 1],
      [2, 3],
      [3, STEPS],
      [4, STEPS],
    ] as const) {
      const controller = new AbortController();
      const saved: Checkpoint[] = [];
      const { result, weights } = await train(plan(), {
        signal: controller.signal,
        onStep: (report) => report.epoch === epoch && report.step === step && controller.abort(),
        checkpoints: { due: () => false, save: async (c) => void saved.push(await copyOf(c)) },
      });
      expect(result).toMatchObject({ status: "stopped", epochs: epoch - 1, steps: (epoch - 1) * STEPS + step });
      expect(saved.map(({ position }) => [position.ended, position.step])).toEqual([[epoch - 1, step]]);
      // What can be judged are the best weights, not those of the middle of an epoch.
      expect(result.kept).toBe(epoch === 1 ? 0 : result.best?.epoch);
      if (epoch > 1) expect(weights).not.toEqual(whole.weights);
      const rest = await train(plan(), { from: saved[0] as Checkpoint });
      expect(rest.weights).toEqual(whole.weights);
    }
  });

  it("leaves nothing behind without a place to save", async () => {
    expect((await stopAt(2, 2)).result).toMatchObject({ status: "stopped", steps: 6 });
  });
});

describe("numbers that explode", () => {
  it("in weights, behind a finite loss of an epoch's last step, leave those of the epoch before", async () => {
    // One step an epoch: the loss of the second is finite, its update is not.
    const network = build();
    const kernels: number[][] = [];
    const training = plan({
      batchSize: 64,
      optimizer: { sgd: { learningRate: 1 } },
      schedule: { exponential: { rate: 1e30 } },
    });
    const saved: Checkpoint[] = [];
    const error = await trainNetwork(network, {
      plan: training,
      tasks: headTasks(tf, training, data, fitted, network.heads),
      train: memoryPart(...rows(ROWS, 3)),
      epochs: EPOCHS,
      seed: 1,
      judge: () => ({}),
      direction: () => 1,
      onEpoch: () => void kernels.push(network.weights.flatMap(({ variable }) => Array.from(variable.dataSync()))),
      checkpoints: { due: () => true, save: async (c) => void saved.push(await copyOf(c)) },
    }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TrainingError);
    const { facts } = error as TrainingError;
    expect(facts.kept).toBeGreaterThan(0);
    const now = network.weights.flatMap(({ variable }) => Array.from(variable.dataSync()));
    expect(now.every(Number.isFinite)).toBe(true);
    expect(now).toEqual(kernels[facts.kept - 1]);
    expect(saved.at(-1)?.position.ended).toBe(facts.kept);
    network.dispose();
  });

  it("are never saved, whatever the loss says", async () => {
    const network = build();
    const training = plan();
    const saved: Checkpoint[] = [];
    const poison = network.weights.find(({ name }) => name === "norm/moving_variance") ?? network.weights.at(-1);
    const controller = new AbortController();
    const error = await trainNetwork(network, {
      plan: training,
      tasks: headTasks(tf, training, data, fitted, network.heads),
      train: memoryPart(...rows(ROWS, 3)),
      epochs: EPOCHS,
      seed: 1,
      signal: controller.signal,
      judge: () => ({}),
      direction: () => 1,
      onStep({ step, epoch }) {
        if (epoch !== 2 || step !== 2) return;
        tf.tidy(() => poison?.variable.assign(tf.fill(poison.variable.shape, Number.POSITIVE_INFINITY)));
        controller.abort();
      },
      checkpoints: { due: () => true, save: async (c) => void saved.push(await copyOf(c)) },
    }).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "loss-not-finite",
      facts: { of: "weights", step: 6, epoch: 2, kept: 1, layer: "norm" },
    });
    expect(saved.at(-1)?.position).toMatchObject({ ended: 1, step: 1 });
    network.dispose();
  });
});

describe("a checkpoint", () => {
  it("of another network is refused, and nothing leaks", async () => {
    const { checkpoints } = await train(plan());
    const from = checkpoints.at(-3) as Checkpoint;
    const broken: [Checkpoint, RegExp][] = [
      [
        { ...from, arrays: from.arrays.filter(({ name }) => name !== "weights/risk/bias") },
        /has no weights\/risk\/bias/,
      ],
      [
        { ...from, arrays: from.arrays.map((a) => (a.name === "last/inner/kernel" ? { ...a, shape: [5, 3] } : a)) },
        /another shape for last\/inner\/kernel/,
      ],
      [
        { ...from, arrays: from.arrays.map((a) => (a.name.startsWith("slots/") ? { ...a, shape: [1] } : a)) },
        /another shape for slots/,
      ],
    ];
    for (const [checkpoint, why] of broken) {
      const network = build();
      const training = plan();
      const run = trainNetwork(network, {
        plan: training,
        tasks: headTasks(tf, training, data, fitted, network.heads),
        train: memoryPart(...rows(ROWS, 3)),
        epochs: EPOCHS,
        seed: 1,
        from: checkpoint,
        judge: () => ({}),
        direction: () => 1,
      });
      await expect(run).rejects.toThrow(StateError);
      await expect(run).rejects.toThrow(why);
      network.dispose();
    }
  });

  it("is written at once at the end of an epoch, by time inside one, and never takes more than its share", async () => {
    let clock = 0;
    let cost = 40;
    const store = memoryStore();
    const slow = {
      ...store,
      save: async (...all: Parameters<typeof store.save>) => {
        clock += cost;
        await store.save(...all);
      },
    };
    const checkpoints = createCheckpoints(slow, "model", () => clock);
    const position = {
      steps: 1,
      stepsPerEpoch: 2,
      epochs: 2,
      ended: 0,
      step: 1,
      sums: [],
      seconds: { epoch: 0, all: 0 },
    };
    expect([checkpoints.due("epoch"), checkpoints.due("step")]).toEqual([true, false]);
    await checkpoints.save({ position, arrays: [] });
    clock += SHARE * 40 - 1;
    expect(checkpoints.due("epoch")).toBe(false);
    clock += 1;
    expect([checkpoints.due("epoch"), checkpoints.due("step")]).toEqual([true, false]);
    clock += STEP_INTERVAL - SHARE * 40;
    expect(checkpoints.due("step")).toBe(true);
    cost = 10_000;
    await checkpoints.save({ position, arrays: [] });
    clock += STEP_INTERVAL;
    expect([checkpoints.due("epoch"), checkpoints.due("step")]).toEqual([false, false]);
    clock += SHARE * cost;
    expect([checkpoints.due("epoch"), checkpoints.due("step")]).toEqual([true, true]);
  });
});
