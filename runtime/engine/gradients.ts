/**
 * Gradients of tfjs that are right but wasteful, replaced for every engine. Tile adds one slice per repetition; Sum and
 * Mean write a tensor of ones in JavaScript, as large as their input, on every step. Einsum, which has none, gets one.
 * Must not know which backend computes.
 */
import type { GradConfig, NamedAttrMap, Tensor } from "@tensorflow/tfjs";
import { correctedGradients } from "./broadcast-gradients.ts";
import { dilatedConvolutionGradient } from "./dilated-convolution-gradient.ts";
import { wideGradients } from "./wide-gradients.ts";

type Tfjs = typeof import("@tensorflow/tfjs");

/** Replaces the gradients in tfjs's registry. Doing it again changes nothing. */
export function fixGradients(tf: Tfjs): void {
  for (const gradient of [
    ...leanGradients(tf),
    einsumGradient(tf),
    ...correctedGradients(tf),
    dilatedConvolutionGradient(tf),
    ...wideGradients(tf),
  ]) {
    // Registering over an entry is allowed but warns; unregistering one that is not there throws.
    if (tf.getGradient(gradient.kernelName) !== undefined) tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}

function leanGradients(tf: Tfjs): GradConfig[] {
  return [tileGradient(tf), sumGradient(tf), meanGradient(tf)];
}

/** One reshape and one sum: axis `a` of dy is `reps[a]` blocks of `x.shape[a]`. Any rank; tfjs stops at four. */
function tileGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: tf.Tile,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attrs) => {
      const x = first(saved);
      const { reps } = attrs as NamedAttrMap & { reps: number[] };
      const blocks = x.shape.flatMap((size, axis) => [reps[axis] ?? 1, size]);
      const repeats = x.shape.map((_, axis) => 2 * axis);
      const derX = (): Tensor =>
        x.rank === 0 ? tf.clone(single(dy)) : tf.sum(tf.reshape(single(dy), blocks), repeats);
      return { x: derX };
    },
  };
}

function sumGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: tf.Sum,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attrs) => ({ x: () => spread(tf, single(dy), first(saved), attrs) }),
  };
}

function meanGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: tf.Mean,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attrs) => ({
      x: () => {
        const x = first(saved);
        const count = tf.util.sizeFromShape(reducedAxes(tf, x, attrs).map((axis) => x.shape[axis] ?? 1));
        return spread(tf, tf.div(single(dy), count), x, attrs);
      },
    }),
  };
}

/** The gradient of each operand is again an einsum: of dy with the other operand, to the operand's own axes. */
function einsumGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: tf.Einsum,
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      const [left = "", out = ""] = (attrs.equation as string).replaceAll(" ", "").split("->");
      const axes = left.split(",");
      const gradientOf = (operand: number): Tensor => {
        const own = axes[operand] ?? "";
        const others = axes.filter((_, index) => index !== operand);
        // An axis that only this operand has was summed: every index along it gets the same gradient.
        const reached = [...own].filter((axis) => out.includes(axis) || others.some((other) => other.includes(axis)));
        const factors = saved.filter((_, index) => index !== operand);
        const contracted = tf.einsum(`${[out, ...others].join(",")}->${reached.join("")}`, single(dy), ...factors);
        const shape = saved[operand]?.shape ?? [];
        const kept = shape.map((size, axis) => (reached.includes(own[axis] ?? "") ? size : 1));
        return tf.broadcastTo(tf.reshape(contracted, kept), shape);
      };
      return Object.fromEntries(saved.map((_, operand) => [operand, () => gradientOf(operand)]));
    },
  };
}

/** dy along the axes that were reduced: the engine broadcasts, JavaScript writes no array. */
function spread(tf: Tfjs, dy: Tensor, x: Tensor, attrs: NamedAttrMap): Tensor {
  if (x.size === 0) return tf.zerosLike(x);
  const kept = x.shape.slice();
  for (const axis of reducedAxes(tf, x, attrs)) kept[axis] = 1;
  return tf.broadcastTo(tf.reshape(dy, kept), x.shape);
}

function reducedAxes(tf: Tfjs, x: Tensor, attrs: NamedAttrMap): number[] {
  return tf.util.parseAxisParam(attrs.axis as number | number[], x.shape);
}

function first(saved: Tensor[]): Tensor {
  const [x] = saved;
  if (x === undefined) throw new Error("tfjs saved no input for a gradient.");
  return x;
}

/** These three ops have one output, so their incoming gradient is one tensor. */
function single(dy: Tensor | Tensor[]): Tensor {
  return Array.isArray(dy) ? first(dy) : dy;
}
