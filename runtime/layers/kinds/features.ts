/** From ids, pictures or sequences to features: embedding, one-hot, patches, position. */
import type { Tensor } from "@tensorflow/tfjs";
import type { LayerKind } from "../kind.ts";
import { sizeOf } from "../value.ts";
import { linear } from "./dense.ts";

/** ids i32[B, …, s] → f32[B, …, s, outputDim] */
export const embedding: LayerKind<{ inputDim: number; outputDim: number }> = {
  className: "Embedding",
  outputShape: ([shape], { outputDim }) => [...shape!, outputDim],
  weights: (_, { inputDim, outputDim }) => [{ name: "embeddings", shape: [inputDim, outputDim], init: "uniform" }],
  call: ({ tf, weight }, [ids], { outputDim }) => {
    const flat = tf.reshape(ids!.dtype === "int32" ? ids! : tf.cast(ids!, "int32"), [-1]);
    return tf.reshape(tf.gather(weight("embeddings") as Tensor, flat as never), [...ids!.shape, outputDim]);
  },
};

export const oneHot: LayerKind<{ depth: number }> = {
  className: "OneHot",
  outputShape: ([shape], { depth }) => [...shape!, depth],
  call: ({ tf }, [ids], { depth }) => {
    const flat = tf.reshape(ids!.dtype === "int32" ? ids! : tf.cast(ids!, "int32"), [-1]);
    return tf.reshape(tf.cast(tf.oneHot(flat as never, depth), "float32"), [...ids!.shape, depth]);
  },
};

/** [B, …, h, w, c] → [B, …, h/p · w/q, dim]; [B, …, s, c] → [B, …, s/p, dim] */
export const patches: LayerKind<{ size: readonly number[]; dim: number }> = {
  className: "Patches",
  outputShape: ([shape], { size, dim }) => [...shape!.slice(0, -1 - size.length), patchCount(shape!, size), dim],
  weights: ([shape], { size, dim }) => [
    { name: "kernel", shape: [...size, sizeOf(shape!, -1), dim], init: "glorot_uniform" },
    { name: "bias", shape: [dim], init: "zeros" },
  ],
  call: ({ tf, weight }, [x], { size, dim }) => {
    const channels = x!.shape.at(-1)!;
    const lead = x!.shape.slice(0, -1 - size.length);
    const count = patchCount(x!.shape, size);
    const batch = lead.reduce((product, n) => product * n, 1);
    let cut: Tensor = x!;
    if (size.length === 2) {
      const [h, w] = x!.shape.slice(-3) as [number, number];
      const [p, q] = size as [number, number];
      cut = tf.transpose(tf.reshape(x!, [batch, h / p, p, w / q, q * channels]), [0, 1, 3, 2, 4]);
    }
    const width = size.reduce((product, n) => product * n, channels);
    const flat = tf.reshape(cut, [batch * count, width]);
    return tf.reshape(linear(tf, flat, tf.reshape(weight("kernel") as Tensor, [width, dim]), weight("bias")), [
      ...lead,
      count,
      dim,
    ]);
  },
};

function patchCount(shape: readonly (number | null)[], size: readonly number[]): number {
  return size.reduce((count, side, i) => {
    const whole = sizeOf([...shape], shape.length - 1 - size.length + i);
    if (whole % side !== 0) throw new Error(`Patches of ${size.join("×")} do not fit ${whole}.`);
    return (count * whole) / side;
  }, 1);
}

/** Adds a vector for the place of each step of [B, …, s, c]; with `axes: 2`, one for the row and one for the column of [B, h, w, c]. */
export const position: LayerKind<{ kind: "learned" | "sine"; axes: 1 | 2 }> = {
  className: "Position",
  outputShape: ([shape]) => shape!,
  weights: ([shape], { kind, axes }) => {
    if (kind === "sine") return [];
    const features = sizeOf(shape!, -1);
    if (axes === 1) return [{ name: "embeddings", shape: [sizeOf(shape!, -2), features], init: "uniform" }];
    return [
      { name: "rows", shape: [sizeOf(shape!, -3), features], init: "uniform" },
      { name: "columns", shape: [sizeOf(shape!, -2), features], init: "uniform" },
    ];
  },
  call: ({ tf, weight }, [x], { kind, axes }) => {
    const features = x!.shape.at(-1)!;
    const places = (name: string, size: number): Tensor =>
      kind === "learned" ? weight(name) : tf.tensor(sineWaves(size, features), [size, features]);
    if (axes === 1) return tf.add(x!, places("embeddings", x!.shape.at(-2)!));
    const [h, w] = x!.shape.slice(-3) as [number, number];
    const grid = tf.add(
      tf.reshape(places("rows", h), [h, 1, features]),
      tf.reshape(places("columns", w), [1, w, features]),
    );
    return tf.add(x!, grid);
  },
};

/** Vaswani et al. 2017: sines in the even features, cosines in the odd ones. */
function sineWaves(steps: number, features: number): Float32Array {
  const out = new Float32Array(steps * features);
  for (let t = 0; t < steps; t++) {
    for (let i = 0; i < features; i++) {
      const angle = t / 10000 ** ((2 * Math.floor(i / 2)) / features);
      out[t * features + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return out;
}
