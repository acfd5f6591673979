/** Normalizations by Keras's definitions, with gradients written out (few operations), and dropout. */
import type { Tensor } from "@tensorflow/tfjs";
import { wideKernel } from "../../engine/wide-kernels.ts";
import type { Core, LayerKind } from "../kind.ts";
import { sizeOf } from "../value.ts";
import { differentiable } from "../wide.ts";

/**
 * (x - mean) / sqrt(variance + epsilon) over `axes`, and its gradient
 * (Ioffe & Szegedy 2015): inv · (dy - mean(dy) - x̂ · mean(dy · x̂)).
 */
function standardized(
  tf: Core,
  x: Tensor,
  axes: number[],
  epsilon: number,
  seen?: (mean: Tensor, variance: Tensor) => void,
): Tensor {
  const op = tf.customGrad((input, save) => {
    const value = input as Tensor;
    const mean = tf.mean(value, axes, true);
    const centred = tf.sub(value, mean);
    const variance = tf.mean(tf.square(centred), axes, true);
    seen?.(mean, variance);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normal = tf.mul(centred, inverse);
    (save as (tensors: Tensor[]) => void)([normal, inverse]);
    return {
      value: normal,
      gradFunc: (dy: Tensor | Tensor[], saved: Tensor[]) => {
        const [n, inv] = saved as [Tensor, Tensor];
        const g = dy as Tensor;
        const along = tf.mul(n, tf.mean(tf.mul(g, n), axes, true));
        return tf.mul(inv, tf.sub(tf.sub(g, tf.mean(g, axes, true)), along));
      },
    };
  });
  return op(x);
}

/** Layer normalization over the last axis. */
export function layerNormalized(tf: Core, x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return tf.add(tf.mul(standardized(tf, x, [x.rank - 1], epsilon), gamma), beta);
}

export const layerNormalization: LayerKind<{ epsilon: number }> = {
  className: "LayerNormalization",
  outputShape: ([shape]) => shape!,
  weights: ([shape]) => [
    { name: "gamma", shape: [sizeOf(shape!, -1)], init: "ones" },
    { name: "beta", shape: [sizeOf(shape!, -1)], init: "zeros" },
  ],
  call: ({ tf, weight }, [x], { epsilon }) => layerNormalized(tf, x!, weight("gamma"), weight("beta"), epsilon),
};

/** Statistics over every axis but the last; in use, the moving ones (of the biased variance, as Keras). */
export const batchNormalization: LayerKind<{ momentum: number; epsilon: number }> = {
  className: "BatchNormalization",
  outputShape: ([shape]) => shape!,
  weights: ([shape]) => {
    const size = [sizeOf(shape!, -1)];
    return [
      { name: "gamma", shape: size, init: "ones" },
      { name: "beta", shape: size, init: "zeros" },
      { name: "moving_mean", shape: size, init: "zeros", trainable: false },
      { name: "moving_variance", shape: size, init: "ones", trainable: false },
    ];
  },
  call: ({ tf, training, weight, assign }, [x], { momentum, epsilon }) => {
    const gamma = weight("gamma");
    if (!training) {
      const scale = tf.mul(gamma, tf.rsqrt(tf.add(weight("moving_variance"), epsilon)));
      const shift = tf.sub(weight("beta"), tf.mul(weight("moving_mean"), scale));
      return tf.add(tf.mul(x!, scale), shift);
    }
    const size = gamma.shape;
    const move = (mean: Tensor, variance: Tensor): void => {
      for (const [name, now] of [
        ["moving_mean", mean],
        ["moving_variance", variance],
      ] as const) {
        assign(name, tf.add(tf.mul(weight(name), momentum), tf.mul(tf.reshape(now, size), 1 - momentum)));
      }
    };
    const inOne = fusedBatchNormalized(tf, x!, gamma, weight("beta"), epsilon, move);
    if (inOne !== undefined) return inOne;
    const axes = x!.shape.slice(0, -1).map((_, axis) => axis);
    return tf.add(tf.mul(standardized(tf, x!, axes, epsilon, move), gamma), weight("beta"));
  },
};

/** All of it in one op, and its gradient in another; undefined where the engine has none. */
function fusedBatchNormalized(
  tf: Core,
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  epsilon: number,
  seen: (mean: Tensor, variance: Tensor) => void,
): Tensor | undefined {
  const run = wideKernel(tf, "FusedBatchNormV3");
  const runGradient = wideKernel(tf, "FusedBatchNormGradV3");
  if (run === undefined || runGradient === undefined || x.rank < 2) return undefined;
  const channels = gamma.size;
  const count = x.size / channels;
  const pictures = (tensor: Tensor): Tensor =>
    tensor.rank === 4 ? tensor : tf.reshape(tensor, [count, 1, 1, channels]);
  const out = differentiable(tf, [pictures(x), gamma, beta], ([input, scale, offset]) => {
    const [value, mean, variance, ...kept] = run({ x: input!, scale: scale!, offset: offset! }, { epsilon });
    // The op's variance is that of a sample, n / (n − 1); Keras's moving one is that of the batch.
    seen(mean!, tf.mul(variance!, (count - 1) / count));
    return {
      value: value!,
      saved: [input!, scale!, ...kept],
      gradient: (dy, [input, scale, first, second, third]) =>
        runGradient({ dy, x: input!, scale: scale!, first: first!, second: second!, third: third! }, { epsilon }).slice(
          0,
          3,
        ),
    };
  });
  return x.rank === 4 ? out : tf.reshape(out, x.shape);
}

/** Sets a share of x to 0 and scales the rest up. Numbers are drawn for `noise`, whose sizes of 1 stand for every size. */
export function dropped(
  tf: Core,
  x: Tensor,
  rate: number,
  noise: number[],
  uniform: (shape: number[]) => Tensor,
): Tensor {
  if (rate <= 0) return x;
  const kept = tf.cast(tf.greaterEqual(uniform(noise), rate), "float32");
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}

export const dropout: LayerKind<{ rate: number; wholeSteps?: true }> = {
  className: "Dropout",
  outputShape: ([shape]) => shape!,
  call: ({ tf, training, uniform }, [x], { rate, wholeSteps }) => {
    if (!training || rate <= 0) return tf.clone(x!);
    const noise = x!.shape.map((size, axis) => (wholeSteps && axis === 1 ? 1 : size));
    return dropped(tf, x!, rate, noise, uniform);
  },
};
