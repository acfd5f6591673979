/**
 * Gradients that tfjs gets wrong or refuses: ops of two operands forget that one was broadcast, Cumsum turns its
 * gradient around on every axis but the last, and comparisons cannot be crossed, so `where(x > 0, x, y)` has no
 * gradient. Must not know which backend computes.
 */
import type { GradConfig, Tensor } from "@tensorflow/tfjs";

type Tfjs = typeof import("@tensorflow/tfjs");

/** The gradients to register in place of tfjs's own. */
export function correctedGradients(tf: Tfjs): GradConfig[] {
  return [
    matMulGradient(tf),
    squaredDifferenceGradient(tf),
    chosenGradient(tf, tf.Maximum, tf.greaterEqual),
    chosenGradient(tf, tf.Minimum, tf.lessEqual),
    cumsumGradient(tf),
    ...[tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual].map((op) =>
      flatGradient(tf, op, "ab"),
    ),
    ...[tf.LogicalAnd, tf.LogicalOr].map((op) => flatGradient(tf, op, "ab")),
    flatGradient(tf, tf.LogicalNot, "x"),
  ];
}

/** Sums a gradient over the axes along which its operand was repeated. */
function unbroadcast(tf: Tfjs, gradient: Tensor, operand: Tensor): Tensor {
  if (tf.util.arraysEqual(gradient.shape, operand.shape)) return gradient;
  const axes = tf.broadcast_util.getReductionAxes(operand.shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, operand.shape);
}

function matMulGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: tf.BatchMatMul,
    inputsToSave: ["a", "b"],
    gradFunc: (dyOrList, saved, attrs) => {
      const dy = dyOrList as Tensor;
      const [a, b] = saved as [Tensor, Tensor];
      const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
      const ofA = (): Tensor =>
        transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB);
      const ofB = (): Tensor =>
        transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false);
      return { a: () => unbroadcast(tf, ofA(), a), b: () => unbroadcast(tf, ofB(), b) };
    },
  };
}

function squaredDifferenceGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: tf.SquaredDifference,
    inputsToSave: ["a", "b"],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      const ofA = (): Tensor => tf.mul(dy as Tensor, tf.mul(2, tf.sub(a, b)));
      return { a: () => unbroadcast(tf, ofA(), a), b: () => unbroadcast(tf, tf.neg(ofA()), b) };
    },
  };
}

/** Of two operands the chosen one gets the gradient; `a` where both are equal. */
function chosenGradient(tf: Tfjs, kernelName: string, chosen: (a: Tensor, b: Tensor) => Tensor): GradConfig {
  return {
    kernelName,
    inputsToSave: ["a", "b"],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      const share = (mask: Tensor): Tensor => tf.mul(dy as Tensor, tf.cast(mask, "float32"));
      return {
        a: () => unbroadcast(tf, share(chosen(a, b)), a),
        b: () => unbroadcast(tf, share(tf.logicalNot(chosen(a, b))), b),
      };
    },
  };
}

/** A cumulative sum from the other side, along the same axis. */
function cumsumGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: tf.Cumsum,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => {
      const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean };
      // tfjs transposes before its kernel when the axis is not the last, and hands the kernel the last axis then.
      return { x: () => tf.reshape(tf.cumsum(dy as Tensor, axis, exclusive, !reverse), x?.shape ?? []) };
    },
  };
}

/** A comparison is flat almost everywhere: nothing flows back to its operands. */
function flatGradient(tf: Tfjs, kernelName: string, operands: string): GradConfig {
  const names = [...operands];
  return {
    kernelName,
    inputsToSave: names,
    gradFunc: (_, saved) =>
      Object.fromEntries(names.map((name, i) => [name, () => tf.fill(saved[i]?.shape ?? [], 0, "float32")])),
  };
}
