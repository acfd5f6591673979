/**
 * `tf.layers` of a program: a factory for each op of the language, by its name in camelCase, with Keras's options. Each
 * gives a stage; masks and absence follow the tables of axes.md.
 */
import type { Activation } from "./activations.ts";
import { fusionFactories } from "./fusions.ts";
import type { LayerKind } from "./kind.ts";
import { type AttentionOptions, attentionPooling, selfAttention, transformer } from "./kinds/attention.ts";
import { conv1d, conv2d } from "./kinds/convolution.ts";
import * as dense from "./kinds/dense.ts";
import * as features from "./kinds/features.ts";
import { batchNormalization, dropout, layerNormalization } from "./kinds/normalization.ts";
import { globalPooling1d, globalPooling2d, pooling1d, pooling2d } from "./kinds/pooling.ts";
import { gru, lstm, type RecurrentOptions, reverseSteps } from "./kinds/recurrent.ts";
import * as shapes from "./kinds/shapes.ts";
import { aligned, permuted, stepMask, windows } from "./masks.ts";
import { structureFactories } from "./structures.ts";
import { type Context, like, type Mask, needRank, rankOf, type Stage, stage, unmasked, type Value } from "./value.ts";

/** What every factory takes: the name, from which the weights have theirs. */
export interface Named {
  readonly name: string;
}

type Pair = number | readonly [number, number];
const pair = (size: Pair): readonly [number, number] => (typeof size === "number" ? [size, size] : size);

interface ConvArguments<Size, Padding> extends Named {
  readonly filters: number;
  readonly kernelSize: Size;
  readonly strides?: Size;
  readonly padding?: Padding;
  readonly dilationRate?: Size;
  readonly activation?: Activation;
  readonly useBias?: boolean;
}

interface PoolArguments<Size> extends Named {
  readonly poolSize?: Size;
  readonly strides?: Size;
  readonly padding?: "valid" | "same";
}

interface RecurrentArguments extends Named {
  readonly units: number;
  readonly returnSequences?: boolean;
  readonly dropout?: number;
  readonly goBackwards?: boolean;
}

export type LayerFactories = ReturnType<typeof layerFactories>;

export function layerFactories(context: Context) {
  /** A layer of one source that keeps its masks. */
  function keeping<Options>(kind: LayerKind<Options>, name: string, options: Options, ...ranks: number[]): Stage {
    const layer = context.layer(kind, name, options);
    return stage(name, (value) => {
      if (ranks.length > 0) needRank(name, value, ...ranks);
      return like(value, layer(value.tensor));
    });
  }

  /** A layer of one source after which there are other masks, or none. */
  function changing<Options>(
    kind: LayerKind<Options>,
    name: string,
    options: Options,
    rank: number | undefined,
    masks: (value: Value) => readonly Mask[] = () => [],
  ): Stage {
    const layer = context.layer(kind, name, options);
    return stage(name, (value) => {
      if (rank !== undefined) needRank(name, value, rank);
      return like(value, layer(value.tensor), masks(value));
    });
  }

  /** A layer of [B, s, c] that uses the mask of its steps. */
  function using<Options>(kind: LayerKind<Options>, name: string, options: Options, keeps: boolean): Stage {
    const layer = context.layer(kind, name, options);
    return stage(name, (value) => {
      needRank(name, value, 3);
      const mask = stepMask(context, value);
      const out = mask ? layer(value.tensor, mask) : layer(value.tensor);
      return keeps && mask ? like(value, out, [{ axis: 1, over: [1], tensor: mask }]) : unmasked(out, value);
    });
  }

  function pool1d(
    kind: "max" | "average",
    { name, poolSize = 2, strides = poolSize, padding = "valid" }: PoolArguments<number>,
  ): Stage {
    return changing(pooling1d, name, { kind, poolSize, strides, padding }, 3, (value) =>
      windows(context, value, { size: poolSize, strides, dilation: 1, padding }),
    );
  }

  function pool2d(
    kind: "max" | "average",
    { name, poolSize = 2, strides = poolSize, padding = "valid" }: PoolArguments<Pair>,
  ): Stage {
    return changing(pooling2d, name, { kind, poolSize: pair(poolSize), strides: pair(strides), padding }, 4);
  }

  function recurrent(kind: LayerKind<RecurrentOptions>, args: RecurrentArguments): Stage {
    const { name, units, returnSequences = false, dropout: rate = 0, goBackwards = false } = args;
    const layer = context.layer(kind, name, { units, returnSequences, dropout: rate, goBackwards });
    return {
      ...stage(name, (value) => {
        needRank(name, value, 3);
        const mask = stepMask(context, value);
        const out = mask ? layer(value.tensor, mask) : layer(value.tensor);
        if (!mask || !returnSequences) return unmasked(out, value);
        const ordered = goBackwards ? context.helper(reverseSteps, null)(mask) : mask;
        return like(value, out, [{ axis: 1, over: [1], tensor: ordered }]);
      }),
      backwards: (other) => recurrent(kind, { ...args, name: other, goBackwards: !goBackwards }),
    };
  }

  return {
    // ------------------------------------------------------------ features

    /** ids i32[B, …, s] → f32[B, …, s, outputDim]. Ids of 0 are masked; `mask: false` ends that. */
    embedding({
      name,
      inputDim,
      outputDim,
      mask = true,
    }: Named & { inputDim: number; outputDim: number; mask?: boolean }): Stage {
      return changing(features.embedding, name, { inputDim, outputDim }, undefined, (value) =>
        mask ? value.masks : value.masks.filter((m) => m.axis !== rankOf(value) - 1),
      );
    },
    /** ids i32[B, …, s] → f32[B, …, s, depth] */
    oneHot: ({ name, depth }: Named & { depth: number }) => keeping(features.oneHot, name, { depth }),
    /** [B, …, h, w, c] → [B, …, patches, dim] with a pair; [B, …, s, c] → [B, …, s / size, dim] with a number. */
    patches({ name, size, dim }: Named & { size: number | readonly [number, number]; dim: number }): Stage {
      const sides = typeof size === "number" ? [size] : size;
      return changing(features.patches, name, { size: sides, dim }, undefined, (value) =>
        value.masks.filter((m) => m.over.every((axis) => axis < rankOf(value) - 1 - sides.length)),
      );
    },
    /** Adds a vector for each step; for its row and its column with `axes: 2`, as is usual for [B, h, w, c]. */
    position({ name, kind = "learned", axes }: Named & { kind?: "learned" | "sine"; axes?: 1 | 2 }): Stage {
      let made: Stage | undefined;
      return stage(name, (value) => {
        made ??= keeping(features.position, name, { kind, axes: axes ?? (rankOf(value) === 4 ? 2 : 1) });
        return made.apply([value]);
      });
    },

    // ------------------------------------------------------------ shapes

    /** → [B, ∏]; masked places become 0. */
    flatten({ name }: Named): Stage {
      const layer = context.layer(shapes.flatten, name, null);
      return stage(name, (value) => {
        const masks = value.masks.map((mask) => aligned(context, value, mask));
        return unmasked(layer(value.tensor, ...masks), value);
      });
    },
    reshape: ({ name, targetShape }: Named & { targetShape: readonly number[] }) =>
      changing(shapes.reshape, name, { targetShape }, undefined),
    /** `dims` as Keras's Permute: axes from 1, the batch left out. */
    permute: ({ name, dims }: Named & { dims: readonly number[] }) =>
      changing(shapes.permute, name, { dims }, undefined, (value) => permuted(context, value.masks, [0, ...dims])),
    /** [B, a, b] → [B, a, b, 1] */
    addChannel({ name }: Named): Stage {
      let made: Stage | undefined;
      return stage(name, (value) => {
        needRank(name, value, 3);
        made ??= changing(shapes.reshape, name, { targetShape: [...(value.tensor.shape.slice(1) as number[]), 1] }, 3);
        return made.apply([value]);
      });
    },
    /** [B, s, c] → [B, c], the last step that is not masked. */
    lastStep: ({ name }: Named) => using(shapes.lastStep, name, null, false),

    // ------------------------------------------------------------ maps

    dense({ name, units, activation = "linear", useBias = true }: Named & dense.DenseOptions): Stage {
      const layer = context.layer(dense.dense, name, { units, activation, useBias });
      return stage(name, (value) => {
        const last = rankOf(value) - 1;
        const gone = value.masks.find((mask) => mask.axis === last);
        // What is masked along the axis that is mapped (after a permute) counts as absent: 0.
        const input = gone
          ? context.helper(shapes.zeroMasked, null)(value.tensor, aligned(context, value, gone))
          : value.tensor;
        return like(
          value,
          layer(input),
          value.masks.filter((mask) => !mask.over.includes(last)),
        );
      });
    },
    activation: ({ name, activation }: Named & { activation: Activation }) =>
      keeping(dense.activation, name, { activation }),
    dropout: ({ name, rate }: Named & { rate: number }) => keeping(dropout, name, { rate }),
    /** Whole features of [B, s, c]. */
    spatialDropout1d: ({ name, rate }: Named & { rate: number }) =>
      keeping(dropout, name, { rate, wholeSteps: true }, 3),
    batchNormalization: ({ name, momentum = 0.99, epsilon = 1e-3 }: Named & { momentum?: number; epsilon?: number }) =>
      keeping(batchNormalization, name, { momentum, epsilon }),
    layerNormalization: ({ name, epsilon = 1e-3 }: Named & { epsilon?: number }) =>
      keeping(layerNormalization, name, { epsilon }),

    // ------------------------------------------------------------ windows

    /** [B, s, c] → [B, s', filters]; a step is there if any step of its window is. */
    conv1d(args: ConvArguments<number, "valid" | "same" | "causal">): Stage {
      const {
        name,
        filters,
        kernelSize,
        strides = 1,
        padding = "valid",
        dilationRate = 1,
        activation = "linear",
        useBias = true,
      } = args;
      return changing(
        conv1d,
        name,
        { filters, kernelSize, strides, padding, dilationRate, activation, useBias },
        3,
        (value) => windows(context, value, { size: kernelSize, strides, dilation: dilationRate, padding }),
      );
    },
    /** [B, h, w, c] → [B, h', w', filters] */
    conv2d(args: ConvArguments<Pair, "valid" | "same">): Stage {
      const {
        name,
        filters,
        kernelSize,
        strides = 1,
        padding = "valid",
        dilationRate = 1,
        activation = "linear",
        useBias = true,
      } = args;
      const sizes = { kernelSize: pair(kernelSize), strides: pair(strides), dilationRate: pair(dilationRate) };
      return changing(conv2d, name, { filters, ...sizes, padding, activation, useBias }, 4);
    },
    maxPooling1d: (args: PoolArguments<number>) => pool1d("max", args),
    averagePooling1d: (args: PoolArguments<number>) => pool1d("average", args),
    maxPooling2d: (args: PoolArguments<Pair>) => pool2d("max", args),
    averagePooling2d: (args: PoolArguments<Pair>) => pool2d("average", args),
    globalMaxPooling1d: ({ name }: Named) => using(globalPooling1d, name, { kind: "max" }, false),
    globalAveragePooling1d: ({ name }: Named) => using(globalPooling1d, name, { kind: "average" }, false),
    globalMaxPooling2d: ({ name }: Named) => changing(globalPooling2d, name, { kind: "max" }, 4),
    globalAveragePooling2d: ({ name }: Named) => changing(globalPooling2d, name, { kind: "average" }, 4),

    // ------------------------------------------------------------ steps

    /** [B, s, c] → [B, units], or [B, s, units] with `returnSequences`. Masked steps leave the state as it is. */
    lstm: (args: RecurrentArguments) => recurrent(lstm, args),
    gru: (args: RecurrentArguments) => recurrent(gru, args),
    selfAttention: ({
      name,
      heads,
      dropout: rate = 0,
      causal = false,
    }: Named & Partial<AttentionOptions> & { heads: number }) =>
      using(selfAttention, name, { heads, dropout: rate, causal }, true),
    transformer({
      name,
      layers,
      heads,
      width,
      activation = "gelu",
      dropout: rate = 0.1,
      norm = "post",
      causal = false,
      epsilon = 1e-3,
    }: Named & {
      layers: number;
      heads: number;
      width?: number;
      activation?: Activation;
      dropout?: number;
      norm?: "post" | "pre";
      causal?: boolean;
      epsilon?: number;
    }): Stage {
      return using(transformer, name, { layers, heads, width, activation, dropout: rate, norm, causal, epsilon }, true);
    },
    attentionPooling: ({ name }: Named) => using(attentionPooling, name, null, false),

    ...structureFactories(context),
    ...fusionFactories(context),
  };
}
