import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, it } from "vitest";
import { createTf } from "../../../runtime/layers/facade.ts";
import { apply } from "../../../runtime/layers/value.ts";
import { networkOf } from "../../../runtime/train/network.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

function build() {
  const facade = createTf(tf, { seed: 1 });
  const [a, b] = [facade.input({ name: "a", shape: [3] }), facade.input({ name: "b", shape: [2], optional: true })];
  const { layers } = facade;
  const left = apply(a, layers.dense({ name: "left_dense", units: 4 }), layers.batchNormalization({ name: "left_norm" }));
  const right = apply(b, layers.dense({ name: "right_dense", units: 4 }));
  const joint = apply([left, right], layers.concatenate({ name: "joint_concatenate" }), layers.dropout({ name: "joint_dropout", rate: 0.5 }));
  const risk = apply(joint, layers.dense({ name: "risk", units: 1 }));
  return networkOf(tf, facade, facade.model({ name: "M", inputs: [a, b], outputs: { risk } }));
}

const inputs = () => ({ a: tf.tensor2d([[1, 2, 3], [4, 5, 6]]), b: tf.tensor2d([[1, 2], [3, 4]]), "b.present": tf.tensor1d([1, 1]) });

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
