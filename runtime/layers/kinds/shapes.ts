/** Shapes: flatten, reshape, permute, last step, and the folding of items into the batch. */
import type { Tensor } from "@tensorflow/tfjs";
import type { LayerKind } from "../kind.ts";
import { sizeOf } from "../value.ts";

/** [x, masks with one axis each of x's…] → [B, ∏] */
export const flatten: LayerKind<null> = {
  className: "Flatten",
  outputShape: ([shape]) => [
    null,
    shape!.slice(1).reduce<number>((product, _, i) => product * sizeOf(shape!, i + 1), 1),
  ],
  call: ({ tf }, [x, ...masks]) => {
    const kept = masks.reduce<Tensor>((value, mask) => tf.mul(value, mask), x!);
    return tf.reshape(kept, [x!.shape[0]!, -1]);
  },
};

/** One size may be -1. */
export const reshape: LayerKind<{ targetShape: readonly number[] }> = {
  className: "Reshape",
  outputShape: ([shape], { targetShape }) => {
    const total = shape!.slice(1).reduce<number>((product, _, i) => product * sizeOf(shape!, i + 1), 1);
    const known = targetShape.reduce((product, size) => (size === -1 ? product : product * size), 1);
    if (targetShape.includes(-1) ? total % known !== 0 : total !== known) {
      throw new Error(
        `[${targetShape.join(", ")}] does not hold the ${total} numbers of [${shape!.slice(1).join(", ")}].`,
      );
    }
    return [null, ...targetShape.map((size) => (size === -1 ? total / known : size))];
  },
  call: ({ tf }, [x], { targetShape }) => tf.reshape(x!, [x!.shape[0]!, ...targetShape]),
};

/** `dims` as Keras's Permute: axes from 1, the batch left out. */
export const permute: LayerKind<{ dims: readonly number[] }> = {
  className: "Permute",
  outputShape: ([shape], { dims }) => [shape![0]!, ...dims.map((axis) => shape![axis]!)],
  call: ({ tf }, [x], { dims }) => tf.transpose(x!, [0, ...dims]),
};

/** Zeroes masked places. [x, mask with one axis each of x's] */
export const zeroMasked: LayerKind<null> = {
  className: "ZeroMasked",
  outputShape: ([shape]) => shape!,
  call: ({ tf }, [x, mask]) => tf.mul(x!, mask!),
};

/** [B, s, c] and maybe its mask f32[B, s] → [B, c], the last step that is not masked; zeros where all are. */
export const lastStep: LayerKind<null> = {
  className: "LastStep",
  outputShape: ([shape]) => [shape![0]!, shape![2]!],
  call: ({ tf }, [x, mask]) => {
    const [batch, steps, features] = x!.shape as [number, number, number];
    if (!mask) return tf.reshape(tf.slice(x!, [0, steps - 1, 0], [batch, 1, features]), [batch, features]);
    const places = tf.range(1, steps + 1);
    const last = tf.oneHot(tf.argMax(tf.mul(mask, places), 1) as never, steps);
    const chosen = tf.reshape(tf.mul(tf.cast(last, "float32"), mask), [batch, steps, 1]);
    return tf.sum(tf.mul(x!, chosen), 1);
  },
};

/** [B, a, …] → [B·a, …] */
export const fold: LayerKind<null> = {
  className: "Fold",
  outputShape: ([shape]) => [null, ...shape!.slice(2)],
  call: ({ tf }, [x]) => tf.reshape(x!, [x!.shape[0]! * x!.shape[1]!, ...x!.shape.slice(2)]),
};

/** [B·a, …] → [B, a, …] */
export const unfold: LayerKind<{ items: number }> = {
  className: "Unfold",
  outputShape: ([shape], { items }) => [null, items, ...shape!.slice(1)],
  call: ({ tf }, [x], { items }) => tf.reshape(x!, [x!.shape[0]! / items, items, ...x!.shape.slice(1)]),
};
