import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import type { CallPlan } from "../../../plan/plan.ts";
import { clipGradients } from "../../../runtime/train/clip.ts";
import { createOptimizer, decays } from "../../../runtime/train/optimizers.ts";
import { createSchedule } from "../../../runtime/train/schedules.ts";
import { casesFor } from "../fixtures.ts";
import { type Arr, type Case, difference, reference } from "./keras-fixtures.ts";

beforeAll(async () => {
  tf.env().set("IS_TEST", true);
  await tf.setBackend("cpu");
});

function trajectory(plan: CallPlan, w0: Arr, grads: Arr, clip?: { norm: number } | { value: number }): number[] {
  const optimizer = createOptimizer(tf, plan);
  const variable = tf.tidy(() => tf.variable(tf.tensor(w0.data, w0.shape)));
  const size = w0.data.length;
  const values: number[] = [];
  for (let step = 0; step < (grads.shape[0] as number); step++) {
    tf.tidy(() => {
      const raw = tf.tensor(grads.data.slice(step * size, (step + 1) * size), w0.shape);
      const gradient = clipGradients(tf, [raw], clip)[0] as tf.Tensor;
      optimizer.apply(step, [{ name: "w/kernel", variable, gradient, rate: optimizer.learningRate }]);
    });
    values.push(...variable.dataSync());
  }
  optimizer.dispose();
  variable.dispose();
  return values;
}

describe("optimizers equal Keras", () => {
  for (const c of reference().filter((c) => c.optimizer))
    it(JSON.stringify(c.optimizer), () => {
      expect(difference(trajectory(c.optimizer, c.w0, c.grads), c.trajectory.data)).toBeLessThan(1e-5);
    });

  /** Keras's configuration as the language says it. */
  const callOf = ({ optimizer, config: k }: Case): CallPlan => {
    const args: { [name: string]: unknown } = { learningRate: k.learning_rate };
    for (const [keras, own] of [
      ["beta_1", "beta1"],
      ["beta_2", "beta2"],
      ["epsilon", "epsilon"],
      ["rho", "rho"],
      ["momentum", "momentum"],
      ["nesterov", "nesterov"],
      ["centered", "centered"],
      ["weight_decay", "weightDecay"],
    ])
      if (k[keras!] !== undefined && k[keras!] !== null) args[own!] = k[keras!];
    return { [/^\w+/.exec(optimizer)![0].toLowerCase()]: args };
  };
  for (const c of casesFor("optimizers", "peer_fixtures/keras_optimizers").filter((one) => one.optimizer))
    it(`the shared case ${c.optimizer}`, () => {
      const { clipnorm, global_clipnorm, clipvalue } = c.config;
      // One variable, so Keras's norm of each gradient is the global one.
      const norm = clipnorm ?? global_clipnorm;
      const clip = norm ? { norm } : clipvalue ? { value: clipvalue } : undefined;
      // Decay is for matrices: the case's vector as one.
      const as2d = (a: Arr): Arr => ({ data: a.data, shape: [...a.shape.slice(0, -1), 1, a.shape.at(-1)!] });
      expect(difference(trajectory(callOf(c), as2d(c.w0), as2d(c.grads), clip), c.trajectory.data)).toBeLessThan(1e-5);
    });

  it("leaves no tensors behind but slots, and disposes of those", () => {
    const before = tf.memory().numTensors;
    trajectory(
      { adamw: {} },
      { shape: [2, 2], data: [1, 2, 3, 4] },
      { shape: [3, 2, 2], data: new Array(12).fill(0.5) },
      { norm: 1 },
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it("adamw leaves biases and normalizations alone", () => {
    expect(["a/kernel", "a/embeddings", "a/recurrent_kernel"].map((n) => decays(n, 2))).toEqual([true, true, true]);
    expect([decays("a/bias", 1), decays("gru/bias", 2), decays("n/gamma", 1), decays("n/beta", 1)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const optimizer = createOptimizer(tf, { adamw: { learningRate: 0.1, weightDecay: 0.5 } });
    const kernel = tf.variable(tf.ones([1, 2]));
    const bias = tf.variable(tf.ones([2]));
    const update = (name: string, variable: tf.Variable) => ({
      name,
      variable,
      gradient: tf.zerosLike(variable),
      rate: 0.1,
    });
    optimizer.apply(0, [update("a/kernel", kernel), update("a/bias", bias)]);
    expect(kernel.dataSync()[0]).toBeCloseTo(0.95, 6);
    expect(bias.dataSync()[0]).toBe(1);
  });

  it("shows its slots by name", () => {
    const optimizer = createOptimizer(tf, "adam");
    const variable = tf.variable(tf.ones([2]));
    optimizer.apply(0, [{ name: "d/bias", variable, gradient: tf.ones([2]), rate: 0.1 }]);
    expect(Object.keys(optimizer.slots())).toEqual(["d/bias/momentum", "d/bias/velocity"]);
    expect(optimizer.slots()["d/bias/momentum"]?.dataSync()[0]).toBeCloseTo(0.1, 6);
  });
});

describe("schedules equal Keras", () => {
  for (const c of reference().filter((c) => c.schedule))
    it(JSON.stringify(c.schedule), () => {
      const schedule = createSchedule(c.schedule, { perEpoch: c.perEpoch, total: c.total });
      expect(
        difference(
          c.out.data.map((_: number, i: number) => c.rate * schedule(i)),
          c.out.data,
        ),
      ).toBeLessThan(1e-6);
    });

  const numbers = (text: string): number[] => (text.match(/[\d.]+/g) ?? []).map(Number);
  for (const c of casesFor("optimizers", "peer_fixtures/keras_optimizers").filter((one) => one.schedule))
    it(`the shared case ${c.schedule}`, () => {
      const steps = c.steps as number[];
      const [rate = 0.1, decay = 20, factor = 0.9] = numbers(c.schedule.replace(/^\w+/, ""));
      // `warmup(0->.1 in 5)`: five steps up, then twenty down. Else rate, steps, and the factor of exponential decay.
      const warm = /warmup/.test(c.schedule);
      const schedule = warm
        ? createSchedule({ cosine: { warmup: 0.2 } }, { perEpoch: 25, total: 25 })
        : createSchedule(c.schedule.startsWith("Cosine") ? "cosine" : { exponential: { rate: factor } }, {
            perEpoch: decay,
            total: decay,
          });
      const found = steps.map((step) => (warm ? 0.1 : rate) * schedule(step));
      expect(difference(found, c.out.data)).toBeLessThan(1e-6);
    });

  it("a constant with a warm-up grows and stays", () => {
    const schedule = createSchedule({ constant: { warmup: 0.5 } }, { perEpoch: 4, total: 8 });
    expect([0, 2, 4, 7].map(schedule)).toEqual([0, 0.5, 1, 1]);
  });
});

describe("clipping", () => {
  it("by value", () => {
    const [g] = clipGradients(tf, [tf.tensor1d([-3, 0.2, 9])], { value: 0.5 });
    expect(Array.from(g?.dataSync() ?? [])).toEqual([-0.5, expect.closeTo(0.2, 6), 0.5]);
  });

  it("by the norm over all gradients; short ones stay", () => {
    const [a, b] = clipGradients(tf, [tf.tensor1d([3]), tf.tensor1d([4])], { norm: 1 });
    expect([a?.dataSync()[0], b?.dataSync()[0]]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
    const [c] = clipGradients(tf, [tf.tensor1d([0.3])], { norm: 1 });
    expect(c?.dataSync()[0]).toBeCloseTo(0.3, 6);
  });
});
