/** Parameters that several entries share, with Keras's names, and the sizes that windows leave. */
import { type Dim, opaque } from "../types/dim.ts";
import { boolean, choice, either, int, type Param, size } from "./define.ts";

/** Keras's activations. As stages they are ops of their own. */
export const activations = [
  "relu",
  "sigmoid",
  "tanh",
  "softmax",
  "gelu",
  "elu",
  "selu",
  "silu",
  "swish",
  "mish",
  "leaky_relu",
  "relu6",
  "softplus",
  "softsign",
  "hard_sigmoid",
  "exponential",
  "linear",
] as const;

export const activation: Param = choice("What is applied to the result.", { of: activations, default: "linear" });
export const useBias: Param = boolean("Adds a learned bias.", { default: true });
export const strides1: Param = int("Steps from one window to the next.", { min: 1, default: 1 });
export const strides2: Param = size("Steps from one window to the next, height x width.", {
  rank: 2,
  single: true,
  default: [1, 1],
});
export const padding1: Param = choice(
  "valid: whole windows only; same: as many steps as before; causal: no step sees later ones.",
  {
    of: ["valid", "same", "causal"],
    default: "valid",
  },
);
export const padding2: Param = choice("valid: whole windows only; same: the size stays.", {
  of: ["valid", "same"],
  default: "valid",
});
export const dilation1: Param = int("Gap between the steps a window reads.", { min: 1, default: 1 });
export const dilation2: Param = size("Gap between what a window reads, height x width.", {
  rank: 2,
  single: true,
  default: [1, 1],
});
export const kernel2 = (doc: string): Param =>
  either(doc, { kinds: [{ is: "size", rank: 2, single: true }], required: true });

/** Steps that a window of `k` with stride `t` and dilation `d` leaves of `n` (axes.md, notation). */
export function windows(n: Dim, k: number, t: number, d: number, padding: string): Dim {
  if (padding === "valid") {
    return opaque(
      n,
      (x) => Math.floor((x - d * (k - 1) - 1) / t) + 1,
      (x) => (t === 1 ? `(${x} - ${d * (k - 1)})` : `floor((${x} - ${d * (k - 1) + 1})/${t} + 1)`),
    );
  }
  return t === 1
    ? n
    : opaque(
        n,
        (x) => Math.ceil(x / t),
        (x) => `ceil((${x})/${t})`,
      );
}
