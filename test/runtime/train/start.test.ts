/** A regression head starts at the mean of its target on the training rows, rows without a label left out. */
import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import type { DataPlan, TrainPlan } from "../../../plan/plan.ts";
import type { Part } from "../../../runtime/data/batch.ts";
import type { Network } from "../../../runtime/train/network.ts";
import { startAtMean } from "../../../runtime/train/start.ts";

it("sets the bias of regression heads alone", () => {
  const bias = tf.variable(tf.zeros([2]));
  const logit = tf.variable(tf.zeros([1]));
  const network = {
    tf,
    heads: ["value", "sure"],
    weights: [
      { name: "value/bias", layer: "value", variable: bias, trainable: true },
      { name: "sure/bias", layer: "sure", variable: logit, trainable: true },
    ],
  } as unknown as Network; // the rest of a network is not asked
  const training = { heads: { value: { target: "price" }, sure: { target: "sold" } } } as unknown as TrainPlan;
  const data = { targets: { price: { type: "regression" }, sold: { type: "binary" } } } as unknown as DataPlan;
  const part = {
    target: () => ({ data: Float32Array.of(1, 10, 3, 30, 99, 99), shape: [3, 2] }),
    labelled: () => Float32Array.of(1, 1, 0),
  } as unknown as Part;
  startAtMean(network, training, data, part);
  expect([...bias.dataSync()]).toEqual([2, 20]);
  expect([...logit.dataSync()]).toEqual([0]);
});
