/** LSTM and GRU as layers, weights as Keras stores them. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Init } from "../init.ts";
import type { LayerKind, Run, Shape, WeightSpec } from "../kind.ts";
import { sizeOf } from "../value.ts";
import { blockLstm } from "./block-lstm.ts";
import { linear } from "./dense.ts";
import { gruStates } from "./gru.ts";
import { lstmStates } from "./lstm.ts";
import { dropped } from "./normalization.ts";

export interface RecurrentOptions {
  readonly units: number;
  readonly returnSequences: boolean;
  /** Share of the inputs' features set to 0 in training, the same at every step of a row (as Keras). */
  readonly dropout: number;
  readonly goBackwards: boolean;
}

const outputShape = ([shape]: readonly Shape[], o: RecurrentOptions): Shape =>
  o.returnSequences ? [shape![0]!, shape![1]!, o.units] : [shape![0]!, o.units];

function weights(
  [shape]: readonly Shape[],
  o: RecurrentOptions,
  gates: number,
  bias: number[],
  init: Init,
): WeightSpec[] {
  return [
    { name: "kernel", shape: [sizeOf(shape!, -1), gates * o.units], init: "glorot_uniform" },
    { name: "recurrent_kernel", shape: [o.units, gates * o.units], init: "orthogonal" },
    { name: "bias", shape: bias, init },
  ];
}

function dropInputs({ tf, training, uniform }: Run, x: Tensor, rate: number): Tensor {
  if (!training || rate <= 0) return x;
  return dropped(tf, x, rate, [x.shape[0]!, 1, x.shape[2]!], uniform);
}

/** [B, s, c] and maybe its mask f32[B, s] */
export const lstm: LayerKind<RecurrentOptions> = {
  className: "LSTM",
  outputShape,
  weights: (shapes, o) => weights(shapes, o, 4, [4 * o.units], "unit_forget"),
  call: (run, [x, mask], o) => {
    const { tf, weight } = run;
    const input = dropInputs(run, x!, o.dropout);
    const how = { mask, sequences: o.returnSequences, backwards: o.goBackwards };
    const [kernel, recurrent, bias] = [weight("kernel"), weight("recurrent_kernel"), weight("bias")];
    return (
      blockLstm(tf, input, { kernel, recurrent, bias }, how) ??
      lstmStates(tf, linear(tf, input, kernel, bias), recurrent, how)
    );
  },
};

export const gru: LayerKind<RecurrentOptions> = {
  className: "GRU",
  outputShape,
  weights: (shapes, o) => weights(shapes, o, 3, [2, 3 * o.units], "zeros"),
  call: (run, [x, mask], o) => {
    const { tf } = run;
    const [inner, recurrent] = tf.unstack(run.weight("bias") as Tensor, 0) as [Tensor, Tensor];
    const projected = linear(tf, dropInputs(run, x!, o.dropout), run.weight("kernel"), inner);
    return gruStates(tf, projected, run.weight("recurrent_kernel"), recurrent, {
      mask,
      sequences: o.returnSequences,
      backwards: o.goBackwards,
    });
  },
};

/** Reverses the steps of [B, s, …] (a sequence read backwards, or its mask). */
export const reverseSteps: LayerKind<null> = {
  className: "ReverseSteps",
  outputShape: ([shape]) => shape!,
  call: ({ tf }, [x]) => tf.reverse(x!, 1),
};
