import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import type { DataPlan, TrainPlan } from "../../../plan/plan.ts";
import { createTf } from "../../../runtime/layers/facade.ts";
import { apply } from "../../../runtime/layers/value.ts";
import { trainNetwork } from "../../../runtime/train/loop.ts";
import { networkOf } from "../../../runtime/train/network.ts";
import { headTasks } from "../../../runtime/train/objective.ts";
import { floats, generator, memoryPart } from "./memory-part.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

function build() {
  const facade = createTf(tf, { seed: 1 });
  const [a, b] = [facade.input({ name: "a", shape: [3] }), facade.input({ name: "b", shape: [2], optional: true })];
  const { layers } = facade;
  const left = apply(
    a,
    layers.dense({ name: "left_dense", units: 4 }),
    layers.batchNormalization({ name: "left_norm" }),
  );
  const right = apply(b, layers.dense({ name: "right_dense", units: 4 }));
  const joint = apply(
    [left, right],
    layers.concatenate({ name: "joint_concatenate" }),
    layers.dropout({ name: "joint_dropout", rate: 0.5 }),
  );
  const risk = apply(joint, layers.dense({ name: "risk", units: 1 }));
  return networkOf(tf, facade, facade.model({ name: "M", inputs: [a, b], outputs: { risk } }));
}

const inputs = () => ({
  a: tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]),
  b: tf.tensor2d([
    [1, 2],
    [3, 4],
  ]),
  "b.present": tf.tensor1d([1, 1]),
});

it("names the first layer whose output is not finite, on either branch", () => {
  const network = build();
  expect(network.firstNonFinite?.(inputs())).toBeUndefined();
  for (const [weight, layer] of [
    ["risk/bias", "risk"],
    ["right_dense/kernel", "right_dense"],
    ["left_norm/gamma", "left_norm"],
    ["left_dense/bias", "left_dense"],
  ]) {
    const { variable } = network.weights.find(({ name }) => name === weight) as (typeof network.weights)[number];
    variable.assign(tf.fill(variable.shape, Number.NaN));
    expect(network.firstNonFinite?.(inputs()), weight).toBe(layer);
  }
});

it("draws dropout by the step, and none without training", () => {
  const network = build();
  const run = (step: number, training: boolean): number[] => {
    network.setStep?.(step);
    return Array.from((network.apply(inputs(), training).risk as tf.Tensor).dataSync());
  };
  expect(run(0, false)).toEqual(run(5, false));
  const draws = Array.from({ length: 8 }, (_, step) => run(step, true).join());
  expect(new Set(draws).size).toBeGreaterThan(2);
});

it("has statistics that are not trained", () => {
  const network = build();
  const fixed = network.weights.filter((weight) => !weight.trainable).map((weight) => weight.name);
  expect(fixed).toEqual(["left_norm/moving_mean", "left_norm/moving_variance"]);
  expect(network.inputs).toEqual(["a", "b", "b.present"]);
});

describe("a head on a late fusion", () => {
  async function moved(trainMembers: boolean): Promise<{ [weight: string]: boolean }> {
    const facade = createTf(tf, { seed: 1 });
    const { layers } = facade;
    const [a, b] = [facade.input({ name: "a", shape: [2] }), facade.input({ name: "b", shape: [2] })];
    const says = apply(a, layers.dense({ name: "says", units: 1 }));
    const shows = apply(b, layers.dense({ name: "shows", units: 1 }));
    const verdict = apply(
      [says, shows],
      layers.lateWeightedAverage({ name: "verdict", target: "binary", trainMembers }),
    );
    const network = networkOf(
      tf,
      facade,
      facade.model({ name: "M", inputs: [a, b], outputs: { says, shows, verdict } }),
    );
    const head = { target: "risk", loss: "binary_crossentropy", metrics: [] };
    const plan: TrainPlan = {
      heads: {
        says: { ...head, lossWeight: 0, output: false },
        shows: { ...head, lossWeight: 0, output: false },
        verdict: { ...head, lossWeight: 1, output: true, late: { members: ["says", "shows"], trainMembers } },
      },
      optimizer: { sgd: { learningRate: 0.5 } },
      schedule: "constant",
      epochs: 3,
      batchSize: 8,
      seed: 1,
    };
    const random = generator(4);
    const x = () => floats(Array.from({ length: 32 }, random), 16, 2);
    const before = network.weights.map(({ variable }) => Array.from(variable.dataSync()).join());
    const result = await trainNetwork(network, {
      plan,
      tasks: headTasks(
        tf,
        plan,
        { targets: { risk: { type: "binary", columns: ["risk"] } } } as unknown as DataPlan,
        { version: 1, modalities: {}, targets: { risk: {} } },
        network.heads,
      ),
      train: memoryPart(
        { a: x(), b: x() },
        {
          risk: floats(
            Array.from({ length: 16 }, (_, i) => i % 2),
            16,
          ),
        },
      ),
      epochs: 3,
      seed: 1,
      judge: () => ({}),
      direction: () => 1,
    });
    result.optimizer.dispose();
    return Object.fromEntries(
      network.weights.map(({ name, variable }, i) => [name, Array.from(variable.dataSync()).join() !== before[i]]),
    );
  }

  it("trains the fusion and stops at the members", async () => {
    expect(await moved(false)).toEqual({
      "says/kernel": false,
      "says/bias": false,
      "shows/kernel": false,
      "shows/bias": false,
      "verdict/weights": true,
    });
  });

  it("reaches them with train_members", async () => {
    expect(Object.values(await moved(true))).toEqual([true, true, true, true, true]);
  });
});
