/**
 * The losses of heads, from logits, with Keras's numbers. Each is written with its own gradient: fewer ops than automatic
 * differentiation, and right where that is not (at a logit of exactly 0, far out where probabilities round to 0 or 1).
 * Knows nothing of batches or heads; who counts, and how much, comes in as weights.
 */
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { CallPlan } from "../../plan/plan.ts";
import { callOf } from "../../plan/plan.ts";
import { wideKernel } from "../engine/wide-kernels.ts";
import type { Tfjs } from "./network.ts";

/** What is compared with the prediction: binary f32[B], multiclass i32[B], multilabel and regression f32[B, k]. */
export type TargetType = "binary" | "multiclass" | "multilabel" | "regression";

/** Loss per element, and its derivative by the prediction: [B] and [B, k] for multiclass, else both [B, k]. */
interface ElementLoss {
  value(tf: Tfjs, prediction: Tensor, labels: Tensor): Tensor;
  gradient(tf: Tfjs, prediction: Tensor, labels: Tensor): Tensor;
  /** Both at once, where the engine can. */
  both?(tf: Tfjs, prediction: Tensor, labels: Tensor): { value: Tensor; slope: Tensor } | undefined;
}

/**
 * A loss of one head.
 *
 * @param prediction f32[B, k], logits or numbers
 * @param labels as in the batch, see TargetType
 * @returns loss per element: f32[B] for binary and multiclass, f32[B, k] for multilabel and regression; differentiable
 */
export type Loss = (prediction: Tensor, labels: Tensor) => Tensor;

/** @throws RangeError for a loss this runtime does not have, or not for this type of target */
export function createLoss(tf: Tfjs, plan: CallPlan, type: TargetType): Loss {
  const elementwise = elementLoss(plan, type);
  return (prediction, labels) => {
    const shaped = type === "binary" ? labels.reshape([-1, 1]) : labels;
    const loss = withOwnGradient(tf, elementwise, prediction, shaped);
    return type === "binary" ? loss.reshape([-1]) : loss;
  };
}

/** The mean over all elements, or, where only some count or some count more, Σ loss · coefficient (see objective.ts). */
export function reduceLoss(tf: Tfjs, loss: Tensor, coefficients: Tensor | undefined): Scalar {
  return coefficients === undefined ? tf.mean(loss) : tf.sum(tf.mul(loss, coefficients));
}

function elementLoss(plan: CallPlan, type: TargetType): ElementLoss {
  const { word, args } = callOf(plan);
  const classes = type === "multiclass";
  const numbers = type === "regression";
  switch (word) {
    case "binary_crossentropy":
      if (classes || numbers) break;
      return binaryCrossentropy(number(args.labelSmoothing, 0));
    case "categorical_crossentropy":
      if (!classes) break;
      return categoricalCrossentropy(number(args.labelSmoothing, 0));
    case "focal": {
      if (numbers) break;
      const gamma = number(args.gamma, 2);
      const alpha = args.alpha === undefined ? undefined : number(args.alpha, 0.25);
      return classes ? categoricalFocal(gamma, alpha) : binaryFocal(gamma, alpha);
    }
    case "mse":
      if (!numbers) break;
      return meanSquared;
    case "mae":
      if (!numbers) break;
      return meanAbsolute;
    case "huber":
      if (!numbers) break;
      return huber(number(args.delta, 1));
    case "log_cosh":
      if (!numbers) break;
      return logCosh;
  }
  throw new RangeError(`The runtime has no loss \`${word}\` for a ${type} target.`);
}

/** relu(z) − z·y + log(1 + e^−|z|); gradient sigmoid(z) − y. */
function binaryCrossentropy(smoothing: number): ElementLoss {
  const smooth = (tf: Tfjs, labels: Tensor): Tensor =>
    smoothing === 0 ? labels : tf.add(tf.mul(labels, 1 - smoothing), smoothing / 2);
  return {
    value: (tf, z, labels) => tf.sub(softplus(tf, z), tf.mul(z, smooth(tf, labels))),
    gradient: (tf, z, labels) => tf.sub(tf.sigmoid(z), smooth(tf, labels)),
  };
}

/** −Σ y·log softmax(z); gradient softmax(z) − y. */
function categoricalCrossentropy(smoothing: number): ElementLoss {
  const smooth = (tf: Tfjs, labels: Tensor, classes: number): Tensor => {
    const hot = oneHot(tf, labels, classes);
    return smoothing === 0 ? hot : tf.add(tf.mul(hot, 1 - smoothing), smoothing / classes);
  };
  return {
    value: (tf, z, labels) => tf.neg(tf.sum(tf.mul(smooth(tf, labels, width(z)), tf.logSoftmax(z)), -1)),
    gradient: (tf, z, labels) => tf.sub(tf.softmax(z), smooth(tf, labels, width(z))),
    both(tf, logits, labels) {
      const [name, given] =
        smoothing === 0
          ? (["SparseSoftmaxCrossEntropyWithLogits", () => tf.cast(labels, "int32")] as const)
          : (["SoftmaxCrossEntropyWithLogits", () => smooth(tf, labels, width(logits))] as const);
      const run = wideKernel(tf, name);
      if (run === undefined) return undefined;
      const [value, slope] = run({ logits, labels: given() }) as [Tensor, Tensor];
      return { value, slope };
    },
  };
}

/**
 * Lin et al. 2017; Keras BinaryFocalCrossentropy: (1 − p)^γ · −log p of the true side, times α or 1 − α.
 * With u = ±z towards the true side, q = sigmoid(−u): dL/du = −q^γ (γ (1 − q) ce + q).
 */
function binaryFocal(gamma: number, alpha: number | undefined): ElementLoss {
  const parts = (tf: Tfjs, z: Tensor, y: Tensor) => {
    const side = tf.sub(tf.mul(y, 2), 1);
    const away = tf.neg(tf.mul(z, side));
    const q = tf.sigmoid(away);
    const power = tf.pow(q, gamma);
    const factor = alpha === undefined ? power : tf.mul(power, tf.add(tf.mul(y, 2 * alpha - 1), 1 - alpha));
    return { side, q, factor, crossentropy: softplus(tf, away) };
  };
  return {
    value(tf, z, y) {
      const { factor, crossentropy } = parts(tf, z, y);
      return tf.mul(factor, crossentropy);
    },
    gradient(tf, z, y) {
      const { side, q, factor, crossentropy } = parts(tf, z, y);
      const slope = tf.add(tf.mul(tf.mul(tf.sub(1, q), crossentropy), gamma), q);
      return tf.neg(tf.mul(side, tf.mul(factor, slope)));
    },
  };
}

/** Keras CategoricalFocalCrossentropy from logits: α (1 − p)^γ · −log p of the true class. */
function categoricalFocal(gamma: number, alpha: number | undefined): ElementLoss {
  const parts = (tf: Tfjs, z: Tensor, labels: Tensor) => {
    const y = oneHot(tf, labels, width(z));
    const crossentropy = tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(z)), -1, true));
    const p = tf.exp(tf.neg(crossentropy));
    // Below γ = 1 the slope has a pole at p = 1.
    const q = tf.maximum(tf.sub(1, p), 1e-7);
    return { y, p, q, crossentropy, factor: tf.mul(tf.pow(q, gamma), alpha ?? 1) };
  };
  return {
    value(tf, z, labels) {
      const { factor, crossentropy } = parts(tf, z, labels);
      return tf.squeeze(tf.mul(factor, crossentropy), [-1]);
    },
    gradient(tf, z, labels) {
      const { y, p, q, factor, crossentropy } = parts(tf, z, labels);
      // dL/dlog p = −γ q^(γ−1) p ce − q^γ, and dlog p/dz = y − softmax(z).
      const slope = tf.mul(factor, tf.add(tf.div(tf.mul(tf.mul(p, crossentropy), gamma), q), 1));
      return tf.mul(slope, tf.sub(tf.softmax(z), y));
    },
  };
}

const meanSquared: ElementLoss = {
  value: (tf, prediction, labels) => tf.square(tf.sub(prediction, labels)),
  gradient: (tf, prediction, labels) => tf.mul(tf.sub(prediction, labels), 2),
};

const meanAbsolute: ElementLoss = {
  value: (tf, prediction, labels) => tf.abs(tf.sub(prediction, labels)),
  gradient: (tf, prediction, labels) => tf.sign(tf.sub(prediction, labels)),
};

/** Huber 1964; Keras: e²/2 up to δ, then δ|e| − δ²/2. */
function huber(delta: number): ElementLoss {
  return {
    value(tf, prediction, labels) {
      const size = tf.abs(tf.sub(prediction, labels));
      const near = tf.minimum(size, delta);
      return tf.add(tf.mul(tf.square(near), 0.5), tf.mul(tf.sub(size, near), delta));
    },
    gradient: (tf, prediction, labels) => tf.clipByValue(tf.sub(prediction, labels), -delta, delta),
  };
}

/** log cosh e, written so that it does not overflow: |e| + log(1 + e^−2|e|) − log 2; gradient tanh e. */
const logCosh: ElementLoss = {
  value(tf, prediction, labels) {
    const size = tf.abs(tf.sub(prediction, labels));
    return tf.sub(tf.add(size, tf.log1p(tf.exp(tf.mul(size, -2)))), Math.LN2);
  },
  gradient: (tf, prediction, labels) => tf.tanh(tf.sub(prediction, labels)),
};

/** log(1 + e^x) without overflow. */
function softplus(tf: Tfjs, x: Tensor): Tensor {
  return tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
}

function oneHot(tf: Tfjs, labels: Tensor, classes: number): Tensor {
  return tf.oneHot(tf.cast(labels, "int32"), classes, 1, 0, "float32");
}

function width(logits: Tensor): number {
  return logits.shape[1] as number;
}

/**
 * The value as an op with the loss's own derivative, times what comes from above (spread over the classes where the value
 * is [B]). Where the derivative does not come with the value, only inputs are saved: tfjs takes saved intermediate tensors
 * for a leak when its leak check is on.
 */
function withOwnGradient(tf: Tfjs, loss: ElementLoss, prediction: Tensor, labels: Tensor): Tensor {
  const op = tf.customGrad((x, save) => {
    const both = loss.both?.(tf, x as Tensor, labels);
    (save as (tensors: Tensor[]) => void)(both === undefined ? [x as Tensor, labels] : [both.slope]);
    const value = both?.value ?? loss.value(tf, x as Tensor, labels);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const slope =
        both === undefined ? loss.gradient(tf, saved[0] as Tensor, saved[1] as Tensor) : (saved[0] as Tensor);
      return tf.mul(dy.rank < slope.rank ? tf.expandDims(dy, -1) : dy, slope);
    };
    return { value, gradFunc };
  });
  return op(prediction);
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
