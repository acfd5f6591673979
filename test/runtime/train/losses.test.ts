import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import type { TargetType } from "../../../runtime/train/losses.ts";
import { createLoss, reduceLoss } from "../../../runtime/train/losses.ts";
import { casesFor } from "../fixtures.ts";
import { type Arr, type Case, difference, reference } from "./keras-fixtures.ts";

beforeAll(async () => {
  tf.env().set("IS_TEST", true);
  await tf.setBackend("cpu");
});

/** Value and gradient of our loss where Keras's case has labels one-hot or as columns. */
function run(plan: Case, args: Case, y: Arr, z: tf.Tensor): { value: number; gradient: Float32Array } {
  const classes = plan === "categorical_crossentropy" || (plan === "focal" && y.shape[1] === 3);
  const binary = y.shape[1] === 1;
  const numbers = ["mse", "mae", "huber", "log_cosh"].includes(plan);
  const type: TargetType = numbers ? "regression" : classes ? "multiclass" : binary ? "binary" : "multilabel";
  const whole = tf.tensor(y.data, y.shape as [number, number]);
  const labels = classes ? tf.argMax(whole, 1) : binary && !numbers ? whole.reshape([-1]) : whole;
  const loss = createLoss(tf, Object.keys(args).length > 0 ? { [plan]: args } : plan, type);
  const both = tf.valueAndGrad((x) => reduceLoss(tf, loss(x, labels), undefined))(z);
  return { value: both.value.dataSync()[0] as number, gradient: both.grad.dataSync() as Float32Array };
}

describe("losses equal Keras", () => {
  for (const c of reference().filter((c) => c.loss))
    it(`${c.loss} ${JSON.stringify(c.args)} ${c.y.shape}`, () => {
      const { value, gradient } = run(c.loss, c.args, c.y, tf.tensor(c.pred.data, c.pred.shape));
      expect(Math.abs(value - c.out)).toBeLessThan(1e-5 * Math.max(1, c.out));
      expect(difference(gradient, c.grad_pred.data)).toBeLessThan(1e-5);
    });

  const words: Case = { binary_focal: "focal", categorical_focal: "focal", logcosh: "log_cosh" };
  for (const c of casesFor("losses", "peer_fixtures/keras_losses")) {
    const word = words[c.loss] ?? c.loss.replace(/^sparse_/, "");
    const args: Case = {};
    for (const [keras, own] of [
      ["gamma", "gamma"],
      ["alpha", "alpha"],
      ["label_smoothing", "labelSmoothing"],
      ["delta", "delta"],
    ])
      if (typeof c.args[keras!] === "number") args[own!] = c.args[keras!];
    it(`the shared case ${c.loss} ${JSON.stringify(c.args)}`, () => {
      // Our losses are of logits; where Keras's is of probabilities, of the logits that give those.
      const ofProbabilities = /crossentropy|focal/.test(c.loss) && c.args.from_logits !== true;
      const binary = c.loss.startsWith("binary");
      const logits: number[] = (c.pred.data as number[]).map((p) =>
        ofProbabilities ? (binary ? Math.log(p / (1 - p)) : Math.log(p)) : p,
      );
      const { value, gradient } = run(word, args, c.y, tf.tensor(logits, c.pred.shape));
      expect(Math.abs(value - c.out)).toBeLessThan(1e-5 * Math.max(1, c.out));
      if (!ofProbabilities) expect(difference(gradient, c.grad_pred.data)).toBeLessThan(1e-5);
      // dL/dp = dL/dz · dz/dp, and of a binary one dz/dp = 1 / (p (1 − p)).
      else if (binary)
        expect(
          difference(
            gradient.map((g, i) => g / (c.pred.data[i] * (1 - c.pred.data[i]))),
            c.grad_pred.data,
          ),
        ).toBeLessThan(1e-4);
    });
  }
});

describe("edges", () => {
  it("no finite logit makes the value or the gradient infinite", () => {
    const z = tf.tensor2d([[1e4, -1e4, 0]]);
    for (const [plan, type, labels] of [
      ["categorical_crossentropy", "multiclass", tf.tensor1d([1], "int32")],
      [{ focal: { gamma: 0.5 } }, "multiclass", tf.tensor1d([0], "int32")],
      ["binary_crossentropy", "multilabel", tf.tensor2d([[0, 1, 1]])],
      [{ focal: {} }, "multilabel", tf.tensor2d([[0, 1, 1]])],
      ["log_cosh", "regression", tf.tensor2d([[0, 0, 0]])],
    ] as const) {
      const loss = createLoss(tf, plan, type);
      const both = tf.valueAndGrad((x) => reduceLoss(tf, loss(x, labels), undefined))(z);
      expect([...both.value.dataSync(), ...both.grad.dataSync()].every(Number.isFinite), JSON.stringify(plan)).toBe(
        true,
      );
    }
  });

  it("refuses a loss of another target", () => {
    expect(() => createLoss(tf, "mse", "binary")).toThrow(RangeError);
    expect(() => createLoss(tf, "tweedie", "regression")).toThrow(/tweedie/);
  });
});
