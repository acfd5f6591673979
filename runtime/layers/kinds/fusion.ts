/**
 * Fusions. Their inputs are the sources, then, where a source may be absent (or masked at a step), what counts:
 * f32[B, …, n], a column a source. An absent source's numbers never reach the result.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { Core, LayerKind, Shape, WeightSpec } from "../kind.ts";
import { sizeOf } from "../value.ts";
import { linear } from "./dense.ts";

const FAR = -1e9;

/** Column `i` of f32[B, …, n], with `rank` axes, to multiply a source with. */
function column(tf: Core, there: Tensor, i: number, rank: number): Tensor {
  const one = tf.slice(there, [...there.shape.slice(0, -1).map(() => 0), i], [...there.shape.slice(0, -1), 1]);
  if (there.rank === rank) return one;
  return tf.reshape(one, [there.shape[0]!, ...new Array<number>(rank - 1).fill(1)]);
}

/** [B, k] at every step of a value with `rank` axes: an axis of size 1 for each of its own. */
function standing(tf: Core, x: Tensor, rank: number): Tensor {
  if (x.rank === rank) return x;
  return tf.reshape(x, [x.shape[0]!, ...new Array<number>(rank - 2).fill(1), x.shape.at(-1)!]);
}

export interface ConcatenateOptions {
  readonly axis: number;
  readonly broadcast: boolean;
  /** A bit for each source that may be absent. */
  readonly presence: boolean;
  readonly optional: readonly boolean[];
}

/** Sources side by side. An absent [B, c] source is a learned vector. */
export const concatenate: LayerKind<ConcatenateOptions> = {
  className: "Concatenate",
  outputShape: (shapes, o) => {
    const sources = shapes.slice(0, o.optional.length);
    const rank = Math.max(...sources.map((shape) => shape.length));
    const full = sources.find((shape) => shape.length === rank)!;
    const axis = o.axis < 0 ? rank + o.axis : o.axis;
    const extra = o.presence ? o.optional.filter(Boolean).length : 0;
    const own = sources.map((shape) => sizeOf(shape, shape.length === rank ? axis : -1));
    return full.map((size, i) => (i === axis ? own.reduce((sum, n) => sum + n, extra) : size));
  },
  weights: (shapes, o) =>
    o.optional.flatMap((optional, i): WeightSpec[] =>
      optional ? [{ name: `absent_${i + 1}`, shape: [sizeOf(shapes[i]!, -1)], init: "zeros" }] : [],
    ),
  call: ({ tf, weight }, inputs, o) => {
    const count = o.optional.length;
    const there = inputs[count];
    const rank = Math.max(...inputs.slice(0, count).map((x) => x.rank));
    const full = inputs.find((x) => x.rank === rank)!;
    const parts = inputs.slice(0, count).map((x, i) => {
      let part = x;
      if (o.optional[i] && there) {
        const is = column(tf, there, i, 2);
        part = tf.add(tf.mul(x, is), tf.mul(weight(`absent_${i + 1}`), tf.sub(1, is)));
      }
      if (part.rank < rank) part = tf.add(standing(tf, part, rank), tf.zeros([1, ...full.shape.slice(1, -1), 1]));
      return part;
    });
    if (o.presence && there)
      for (const [i, optional] of o.optional.entries()) if (optional) parts.push(column(tf, there, i, 2));
    return tf.concat(parts, o.axis < 0 ? rank + o.axis : o.axis);
  },
};

/** Sequences [B, s, c] (or vectors [B, c]: one step) end to end, a learned vector added to each source. */
export const sequence: LayerKind<null> = {
  className: "Sequence",
  outputShape: (shapes) => [
    null,
    shapes.reduce((sum, shape) => sum + (shape.length === 2 ? 1 : sizeOf(shape, 1)), 0),
    sizeOf(shapes[0]!, -1),
  ],
  weights: (shapes) => [{ name: "sources", shape: [shapes.length, sizeOf(shapes[0]!, -1)], init: "uniform" }],
  call: ({ tf, weight }, inputs) => {
    const vectors = tf.split(weight("sources") as Tensor, inputs.length, 0);
    return tf.concat(
      inputs.map((x, i) => tf.add(x.rank === 2 ? tf.expandDims(x, 1) : x, tf.expandDims(vectors[i]!, 0))),
      1,
    );
  },
};

/** Vectors [B, c] as steps [B, n, c]. */
export const stack: LayerKind<null> = {
  className: "Stack",
  outputShape: (shapes) => [null, shapes.length, sizeOf(shapes[0]!, -1)],
  call: ({ tf }, inputs) => tf.stack(inputs as Tensor[], 1),
};

export type Merge = "add" | "multiply" | "difference" | "average" | "maximum";

/** Equal values number by number; a [B, c] among longer ones counts at every step. */
export const merge: LayerKind<{ merge: Merge; sources: number }> = {
  className: "Merge",
  outputShape: (shapes, { sources }) => widest(shapes.slice(0, sources)),
  call: ({ tf }, inputs, o) => {
    const there = inputs[o.sources];
    const given = inputs.slice(0, o.sources);
    const rank = Math.max(...given.map((x) => x.rank));
    const xs = given.map((x) => standing(tf, x, rank));
    switch (o.merge) {
      case "add":
        return xs.reduce((a, b) => tf.add(a, b));
      case "multiply":
        return xs.reduce((a, b) => tf.mul(a, b));
      case "difference":
        return tf.abs(tf.sub(xs[0]!, xs[1]!));
      case "maximum": {
        if (!there) return xs.reduce((a, b) => tf.maximum(a, b));
        const low = xs.map((x, i) => {
          const is = column(tf, there, i, rank);
          return tf.add(tf.mul(x, is), tf.mul(tf.sub(1, is), -1e30));
        });
        const largest = low.reduce((a, b) => tf.maximum(a, b));
        return tf.mul(
          largest,
          tf.reshape(tf.max(there, -1), [there.shape[0]!, ...new Array<number>(rank - 1).fill(1)]),
        );
      }
      case "average": {
        if (!there)
          return tf.mul(
            xs.reduce((a, b) => tf.add(a, b)),
            1 / xs.length,
          );
        return weighted(tf, xs, there, rank);
      }
    }
  },
};

/** Σ wᵢxᵢ / Σ wᵢ with a column of weights a source; zeros where all weights are 0. */
function weighted(tf: Core, xs: readonly Tensor[], weights: Tensor, rank: number): Tensor {
  const sum = xs
    .map((x, i) => tf.mul(x, column(tf, weights, i, rank)))
    .reduce<Tensor>((a, b) => tf.add(a, b) as Tensor, tf.scalar(0));
  const total = tf.maximum(tf.sum(weights, -1), 1e-12);
  return tf.div(sum, tf.reshape(total, [weights.shape[0]!, ...new Array<number>(rank - 1).fill(1)]));
}

/** Shares f32[n] or f32[B, n] of n sources: a softmax of learned numbers, over those that are there. */
export function shares(tf: Core, numbers: Tensor, there: Tensor | undefined): Tensor {
  const softmax: Tensor = tf.softmax(numbers);
  return there ? tf.mul(softmax, there) : softmax;
}

/** Σ wᵢxᵢ, w the softmax of learned numbers; renormalised over the sources that are there. */
export const weightedAverage: LayerKind<{ sources: number }> = {
  className: "WeightedAverage",
  outputShape: (shapes, { sources }) => widest(shapes.slice(0, sources)),
  weights: (_, { sources }) => [{ name: "weights", shape: [sources], init: "zeros" }],
  call: ({ tf, weight }, inputs, { sources }) => {
    const there = inputs[sources];
    const given = inputs.slice(0, sources);
    const rank = Math.max(...given.map((x) => x.rank));
    const xs = given.map((x) => standing(tf, x, rank));
    const w = shares(tf, weight("weights"), there);
    if (there) return weighted(tf, xs, w, rank);
    const parts = tf.split(w, sources);
    return xs.map((x, i) => tf.mul(x, parts[i]!)).reduce<Tensor>((a, b) => tf.add(a, b) as Tensor, tf.scalar(0));
  },
};

/**
 * gated: Σ zᵢ · tanh(Wᵢxᵢ), z a softmax over the sources, feature by feature, of a dense on all of them; two sources:
 * z and 1 - z (Arevalo et al. 2017). attention: Σ aᵢ · Wᵢxᵢ, one number a source.
 */
export const gated: LayerKind<{ dim: number; sources: number; each: "feature" | "source" }> = {
  className: "Gated",
  outputShape: (shapes, { dim }) => [...shapes[0]!.slice(0, -1), dim],
  weights: (shapes, { dim, sources, each }) => {
    const widths = shapes.slice(0, sources).map((shape) => sizeOf(shape, -1));
    const total = widths.reduce((sum, n) => sum + n, 0);
    const gates = gateCount(dim, sources, each);
    return [
      ...widths.flatMap((width, i): WeightSpec[] => [
        { name: `source_${i + 1}_kernel`, shape: [width, dim], init: "glorot_uniform" },
        { name: `source_${i + 1}_bias`, shape: [dim], init: "zeros" },
      ]),
      { name: "gate_kernel", shape: [total, gates], init: "glorot_uniform" },
      { name: "gate_bias", shape: [gates], init: "zeros" },
    ];
  },
  call: ({ tf, weight }, inputs, { dim, sources, each }) => {
    const there = inputs[sources];
    const rank = inputs[0]!.rank;
    const xs = inputs.slice(0, sources).map((x, i) => (there ? tf.mul(x, column(tf, there, i, rank)) : x));
    const projected = xs.map((x, i) => {
      const value = linear(tf, x, weight(`source_${i + 1}_kernel`), weight(`source_${i + 1}_bias`));
      return each === "feature" ? tf.tanh(value) : value;
    });
    const all = linear(tf, tf.concat(xs, -1), weight("gate_kernel"), weight("gate_bias"));
    const lead = inputs[0]!.shape.slice(0, -1);
    const width = each === "feature" ? dim : 1;
    const two = each === "feature" && sources === 2;
    if (two && !there) {
      const z = tf.sigmoid(all);
      return tf.add(tf.mul(z, tf.sub(projected[0]!, projected[1]!)), projected[1]!);
    }
    // [B, …, n, width]; for two sources sigmoid(z) is the softmax of z and 0.
    let scores: Tensor = two
      ? tf.stack([all, tf.zerosLike(all)], rank - 1)
      : tf.reshape(all, [...lead, sources, width]);
    let is: Tensor | undefined;
    if (there) {
      is = tf.reshape(there, [
        there.shape[0]!,
        ...(there.rank === rank ? there.shape.slice(1, -1) : lead.slice(1).map(() => 1)),
        sources,
        1,
      ]);
      scores = tf.add(scores, tf.mul(tf.sub(1, is), FAR));
    }
    const softmax = over(tf, scores);
    const z = is ? tf.mul(softmax, is) : softmax;
    return tf.sum(tf.mul(z, tf.stack(projected, rank - 1)), rank - 1);
  },
};

/** Softmax over the axis before the last. */
function over(tf: Core, scores: Tensor): Tensor {
  const order = scores.shape.map((_, axis) => axis);
  const last = order.length - 1;
  [order[last], order[last - 1]] = [last - 1, last];
  return tf.transpose(tf.softmax(tf.transpose(scores, order)), order);
}

export const gateCount = (dim: number, sources: number, each: "feature" | "source"): number =>
  each === "source" ? sources : sources === 2 ? dim : sources * dim;

function widest(shapes: readonly Shape[]): Shape {
  return shapes.reduce((a, b) => (b.length > a.length ? b : a));
}
