/** Attention (Vaswani et al. 2017): self-attention, transformer encoder layers (Devlin et al. 2019), attention pooling (Yang et al. 2016). */
import type { Tensor } from "@tensorflow/tfjs";
import { type Activation, activate } from "../activations.ts";
import type { LayerKind, Run, WeightSpec } from "../kind.ts";
import { sizeOf } from "../value.ts";
import { linear } from "./dense.ts";
import { dropped, layerNormalized } from "./normalization.ts";

const FAR = -1e9;

export interface AttentionOptions {
  readonly heads: number;
  readonly dropout: number;
  readonly causal: boolean;
}

export interface TransformerOptions extends AttentionOptions {
  readonly layers: number;
  /** Inside the dense network; four times the input's width if not given. */
  readonly width?: number;
  readonly activation: Activation;
  readonly norm: "post" | "pre";
  readonly epsilon: number;
}

/** Kernels [c, c] hold what Keras's MultiHeadAttention holds as [c, heads, c / heads], and are drawn like them. */
function attentionWeights(c: number, heads: number, prefix: string): WeightSpec[] {
  if (c % heads !== 0) throw new Error(`${heads} heads do not divide ${c} features.`);
  return ["query", "key", "value", "output"].flatMap((part): WeightSpec[] => [
    {
      name: `${prefix}${part}_kernel`,
      shape: [c, c],
      init: "glorot_uniform",
      drawnAs: part === "output" ? [heads, c / heads, c] : [c, heads, c / heads],
    },
    { name: `${prefix}${part}_bias`, shape: [c], init: "zeros" },
  ]);
}

/** Every step of x [B, s, c] reads every step that its mask f32[B, s] has; over masked ones alone it reads zeros. */
function attended(
  run: Run,
  x: Tensor,
  mask: Tensor | undefined,
  { heads, dropout, causal }: AttentionOptions,
  prefix: string,
): Tensor {
  const { tf, weight } = run;
  const [batch, steps, c] = x.shape as [number, number, number];
  const size = c / heads;
  const parts = ["query", "key", "value"].map((part) => `${prefix}${part}`);
  const kernel = tf.concat(
    parts.map((part) => weight(`${part}_kernel`) as Tensor),
    1,
  );
  const bias = tf.concat(
    parts.map((part) => weight(`${part}_bias`) as Tensor),
    0,
  );
  const all = tf.transpose(tf.reshape(linear(tf, x, kernel, bias), [batch, steps, 3, heads, size]), [2, 0, 3, 1, 4]);
  const [query, key, value] = tf.unstack(all) as [Tensor, Tensor, Tensor];
  let scores: Tensor = tf.matMul(tf.mul(query, 1 / Math.sqrt(size)), key, false, true);
  if (mask) scores = tf.add(scores, tf.mul(tf.sub(1, tf.reshape(mask, [batch, 1, 1, steps])), FAR));
  if (causal) scores = tf.add(scores, tf.tensor(laterSteps(steps), [1, 1, steps, steps]));
  let shares: Tensor = tf.softmax(scores);
  if (run.training) shares = dropped(tf, shares, dropout, shares.shape, run.uniform);
  const seen = mask ? tf.mul(value, tf.reshape(mask, [batch, 1, steps, 1])) : value;
  const read = tf.reshape(tf.transpose(tf.matMul(shares, seen), [0, 2, 1, 3]), [batch, steps, c]);
  return linear(tf, read, weight(`${prefix}output_kernel`), weight(`${prefix}output_bias`));
}

function laterSteps(steps: number): Float32Array {
  const out = new Float32Array(steps * steps);
  for (let t = 0; t < steps; t++) out.fill(FAR, t * steps + t + 1, (t + 1) * steps);
  return out;
}

export const selfAttention: LayerKind<AttentionOptions> = {
  className: "SelfAttention",
  outputShape: ([shape]) => shape!,
  weights: ([shape], { heads }) => attentionWeights(sizeOf(shape!, -1), heads, ""),
  call: (run, [x, mask], options) => attended(run, x!, mask, options, ""),
};

/** post: x = norm(x + attention(x)), x = norm(x + dense(x)), as BERT; pre: x + attention(norm(x)), x + dense(norm(x)), as GPT-2. */
export const transformer: LayerKind<TransformerOptions> = {
  className: "Transformer",
  outputShape: ([shape]) => shape!,
  weights: ([shape], o) => {
    const c = sizeOf(shape!, -1);
    const width = o.width ?? 4 * c;
    const norm = (name: string): WeightSpec[] => [
      { name: `${name}_gamma`, shape: [c], init: "ones" },
      { name: `${name}_beta`, shape: [c], init: "zeros" },
    ];
    return Array.from({ length: o.layers }, (_, i): WeightSpec[] => [
      ...attentionWeights(c, o.heads, `${i + 1}_`),
      ...norm(`${i + 1}_attention_norm`),
      { name: `${i + 1}_inner_kernel`, shape: [c, width], init: "glorot_uniform" },
      { name: `${i + 1}_inner_bias`, shape: [width], init: "zeros" },
      { name: `${i + 1}_outer_kernel`, shape: [width, c], init: "glorot_uniform" },
      { name: `${i + 1}_outer_bias`, shape: [c], init: "zeros" },
      ...norm(`${i + 1}_output_norm`),
    ]).flat();
  },
  call: (run, [input, mask], o) => {
    const { tf, weight } = run;
    const drop = (x: Tensor) => (run.training ? dropped(tf, x, o.dropout, x.shape, run.uniform) : x);
    let x = input!;
    for (let i = 1; i <= o.layers; i++) {
      const norm = (value: Tensor, part: string) =>
        layerNormalized(tf, value, weight(`${i}_${part}_norm_gamma`), weight(`${i}_${part}_norm_beta`), o.epsilon);
      const inner = (value: Tensor) => {
        const wide = activate(
          tf,
          linear(tf, value, weight(`${i}_inner_kernel`), weight(`${i}_inner_bias`)),
          o.activation,
        );
        return drop(linear(tf, wide, weight(`${i}_outer_kernel`), weight(`${i}_outer_bias`)));
      };
      const attention = (value: Tensor) => drop(attended(run, value, mask, o, `${i}_`));
      if (o.norm === "post") {
        x = norm(tf.add(x, attention(x)), "attention");
        x = norm(tf.add(x, inner(x)), "output");
      } else {
        x = tf.add(x, attention(norm(x, "attention")));
        x = tf.add(x, inner(norm(x, "output")));
      }
    }
    return x;
  },
};

/** [B, s, c] and maybe its mask f32[B, s] → [B, c]: Σ softmax(v · tanh(W x + b)) · x; over masked steps alone, zeros. */
export const attentionPooling: LayerKind<null> = {
  className: "AttentionPooling",
  outputShape: ([shape]) => [shape![0]!, shape![2]!],
  weights: ([shape]) => {
    const c = sizeOf(shape!, -1);
    return [
      { name: "kernel", shape: [c, c], init: "glorot_uniform" },
      { name: "bias", shape: [c], init: "zeros" },
      { name: "score", shape: [c, 1], init: "glorot_uniform" },
    ];
  },
  call: ({ tf, weight }, [x, mask]) => {
    const [batch, steps] = x!.shape as [number, number, number];
    const hidden = tf.tanh(linear(tf, x!, weight("kernel"), weight("bias")));
    let scores: Tensor = tf.reshape(linear(tf, hidden, weight("score")), [batch, steps]);
    if (mask) scores = tf.add(scores, tf.mul(tf.sub(1, mask), FAR));
    const softmax: Tensor = tf.softmax(scores);
    const shares = mask ? tf.mul(softmax, mask) : softmax;
    return tf.sum(tf.mul(x!, tf.reshape(shares, [batch, steps, 1])), 1);
  },
};
