/** Pooling over windows and over whole axes. The 1-D global ones leave masked steps out; over masked steps alone they give zeros. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs";
import { wideKernel } from "../../engine/wide-kernels.ts";
import type { Core, LayerKind, Run } from "../kind.ts";
import { windowCount } from "../masks.ts";
import { sizeOf } from "../value.ts";
import { differentiable } from "../wide.ts";

export interface PoolOptions<Size> {
  readonly kind: "max" | "average";
  readonly poolSize: Size;
  readonly strides: Size;
  readonly padding: "valid" | "same";
}

type Pair = readonly [number, number];

/** Windows over two axes. Padding never counts: the mean is over what is there. */
function pooled(
  { tf, training }: Run,
  x: Tensor4D,
  kind: "max" | "average",
  size: Pair,
  strides: Pair,
  padding: "valid" | "same",
): Tensor {
  const window = [...size] as [number, number];
  const steps = [...strides] as [number, number];
  if (kind === "max") {
    return (
      (training ? pooledWithPlaces(tf, x, window, steps, padding) : undefined) ?? tf.maxPool(x, window, steps, padding)
    );
  }
  const sides = [0, 1].map((i) => {
    const n = x.shape[i + 1]!;
    const out = windowCount(n, size[i]!, strides[i]!, 1, padding);
    const whole = padding === "same" ? Math.max(0, (out - 1) * strides[i]! + size[i]! - n) : 0;
    const before = Math.floor(whole / 2);
    // How much larger than the mean of a whole window, padded with zeros, the mean of what is there is.
    const scale = Array.from({ length: out }, (_, at) => {
      const start = at * strides[i]! - before;
      return size[i]! / (Math.min(n, start + size[i]!) - Math.max(0, start));
    });
    return { before, after: whole - before, scale };
  });
  const [h, w] = sides as [(typeof sides)[0], (typeof sides)[0]];
  if (h.before + h.after + w.before + w.after === 0) return tf.avgPool(x, window, steps, "valid");
  // Not padding: "same", whose gradient in tfjs's own kernels divides by the whole window.
  const padded = tf.pad(x, [
    [0, 0],
    [h.before, h.after],
    [w.before, w.after],
    [0, 0],
  ]);
  const scale = h.scale.flatMap((a) => w.scale.map((b) => a * b));
  return tf.mul(
    tf.avgPool(padded as Tensor4D, window, steps, "valid"),
    tf.tensor(scale, [1, h.scale.length, w.scale.length, 1]),
  );
}

/** Maximum pooling whose gradient need not look for the largest again; undefined where the engine has no such op. */
function pooledWithPlaces(
  tf: Core,
  x: Tensor4D,
  size: [number, number],
  strides: [number, number],
  pad: "valid" | "same",
): Tensor | undefined {
  const run = wideKernel(tf, "MaxPoolWithArgmax");
  const runGradient = wideKernel(tf, "MaxPoolGradWithArgmax");
  if (run === undefined || runGradient === undefined) return undefined;
  const attrs = { size, strides, pad };
  return differentiable(tf, [x], ([input]) => {
    const [largest, places] = run({ x: input! }, attrs) as [Tensor, Tensor];
    return {
      value: largest,
      saved: [input!, places],
      gradient: (dy, [input, places]) => runGradient({ x: input!, dy, places: places! }, attrs),
    };
  });
}

/** [B, s, c] → [B, s', c] */
export const pooling1d: LayerKind<PoolOptions<number>> = {
  className: "Pooling1D",
  outputShape: ([shape], o) => [
    shape![0]!,
    windowCount(sizeOf(shape!, 1), o.poolSize, o.strides, 1, o.padding),
    shape![2]!,
  ],
  call: (run, [x], o) => {
    const { tf } = run;
    return tf.squeeze(
      pooled(run, tf.expandDims(x!, 2) as Tensor4D, o.kind, [o.poolSize, 1], [o.strides, 1], o.padding),
      [2],
    );
  },
};

/** [B, h, w, c] → [B, h', w', c] */
export const pooling2d: LayerKind<PoolOptions<readonly [number, number]>> = {
  className: "Pooling2D",
  outputShape: ([shape], o) => [
    shape![0]!,
    ...[0, 1].map((i) => windowCount(sizeOf(shape!, i + 1), o.poolSize[i]!, o.strides[i]!, 1, o.padding)),
    shape![3]!,
  ],
  call: (run, [x], o) => pooled(run, x as Tensor4D, o.kind, o.poolSize, o.strides, o.padding),
};

/** [B, s, c] and maybe its mask f32[B, s] → [B, c] */
export const globalPooling1d: LayerKind<{ kind: "max" | "average" }> = {
  className: "GlobalPooling1D",
  outputShape: ([shape]) => [shape![0]!, shape![2]!],
  call: ({ tf }, [x, mask], { kind }) => {
    if (!mask) return kind === "max" ? tf.max(x!, 1) : tf.mean(x!, 1);
    const [batch, steps] = mask.shape as [number, number];
    const wide = tf.reshape(mask, [batch, steps, 1]);
    if (kind === "average") {
      const count = tf.maximum(tf.sum(mask, 1, true), 1);
      return tf.div(tf.sum(tf.mul(x!, wide), 1), count);
    }
    const far = tf.mul(tf.sub(wide, 1), 1e30);
    return tf.mul(tf.max(tf.add(tf.mul(x!, wide), far), 1), tf.max(mask, 1, true));
  },
};

/** [B, h, w, c] → [B, c] */
export const globalPooling2d: LayerKind<{ kind: "max" | "average" }> = {
  className: "GlobalPooling2D",
  outputShape: ([shape]) => [shape![0]!, shape![3]!],
  call: ({ tf }, [x], { kind }) => (kind === "max" ? tf.max(x!, [1, 2]) : tf.mean(x!, [1, 2])) as Tensor,
};
