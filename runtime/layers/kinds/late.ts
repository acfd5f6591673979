/**
 * Late fusions: members' logits in, logits out (regression: numbers). Binary and multilabel logits are of a sigmoid,
 * multiclass ones of a softmax over the last axis. Inputs: the members, then f32[B, n] where some may be absent.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { Core, LayerKind, Run } from "../kind.ts";
import { shares } from "./fusion.ts";

export type LateTarget = "binary" | "multiclass" | "multilabel" | "regression";
export interface LateOptions {
  readonly rule: "average" | "weightedAverage" | "product" | "vote";
  readonly target: LateTarget;
  readonly of: "probabilities" | "logits";
  readonly trainMembers: boolean;
  readonly members: number;
}

/** Probabilities are kept this far from 0 and 1, as Keras does. */
const EPSILON = 1e-7;

export const late: LayerKind<LateOptions> = {
  className: "Late",
  outputShape: ([shape]) => shape!,
  weights: (_, { rule, members }) =>
    rule === "weightedAverage" ? [{ name: "weights", shape: [members], init: "zeros" }] : [],
  call: (run, inputs, o) => {
    const { tf, weight } = run;
    const members = inputs.slice(0, o.members).map((x) => (o.trainMembers ? x : stopped(run, x)));
    const there = inputs[o.members];
    const [batch, width] = members[0]!.shape as [number, number];
    // [B, n, k]
    const logits = tf.stack(members, 1);
    const is = there ? tf.reshape(there, [batch, o.members, 1]) : undefined;
    const sum = (x: Tensor): Tensor => tf.sum(is ? tf.mul(x, is) : x, 1);
    const mean = (x: Tensor): Tensor =>
      is ? tf.div(sum(x), tf.maximum(tf.sum(is, 1), 1)) : tf.mul(sum(x), 1 / o.members);

    switch (o.rule) {
      case "average":
      case "weightedAverage": {
        let combine = mean;
        if (o.rule === "weightedAverage") {
          const w = shares(tf, weight("weights"), there);
          const wide: Tensor = there
            ? tf.reshape(tf.div(w, tf.maximum(tf.sum(w, 1, true), 1e-12)), [batch, o.members, 1])
            : tf.reshape(w, [1, o.members, 1]);
          combine = (x) => tf.sum(tf.mul(x, wide), 1);
        }
        if (o.target === "regression" || o.of === "logits") return combine(logits);
        return logit(tf, combine(probabilities(tf, logits, o.target)), o.target);
      }
      case "product": {
        if (o.target === "regression") {
          const counted = is ? tf.add(tf.mul(logits, is), tf.sub(1, is)) : logits;
          return tf.prod(counted, 1);
        }
        // Π p over Π p + Π (1 - p), and Π p over its sum over classes: both are sums of logits.
        const total = sum(logits);
        return o.target === "multiclass" ? tf.logSoftmax(total) : total;
      }
      case "vote": {
        if (o.target === "regression") throw new Error("A vote is between classes: numbers are averaged.");
        const count = (x: Tensor): Tensor => {
          const votes =
            o.target === "multiclass"
              ? tf.cast(tf.oneHot(tf.reshape(tf.argMax(x, 2), [-1]) as never, width), "float32")
              : tf.cast(tf.greater(x, 0), "float32");
          return logit(tf, mean(tf.reshape(votes, [batch, o.members, width])), o.target);
        };
        // A vote has no slope: it is one operation whose gradient is 0.
        return flat(tf, count)(logits);
      }
    }
  },
};

const probabilities = (tf: Core, logits: Tensor, target: LateTarget): Tensor =>
  target === "multiclass" ? tf.softmax(logits) : tf.sigmoid(logits);

/** Logits of probabilities. */
function logit(tf: Core, p: Tensor, target: LateTarget): Tensor {
  const safe = tf.clipByValue(p, EPSILON, 1 - EPSILON);
  return target === "multiclass" ? tf.log(safe) : tf.sub(tf.log(safe), tf.log(tf.sub(1, safe)));
}

/** The same numbers, through which no gradient goes. */
const stopped = ({ tf }: Run, x: Tensor): Tensor => flat(tf, (value) => tf.clone(value))(x);

/** A function whose gradient is 0 everywhere. */
function flat(tf: Core, f: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  return tf.customGrad((input, save) => {
    const x = input as Tensor;
    (save as (tensors: Tensor[]) => void)([x]);
    return { value: f(x), gradFunc: (_: Tensor | Tensor[], [saved]: Tensor[]) => tf.zerosLike(saved!) };
  });
}
