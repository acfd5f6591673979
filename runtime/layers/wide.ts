/**
 * Ops that the engine may have in one piece (runtime/engine/wide-kernels.ts), with the composed form where it has not.
 * Same numbers, up to rounding.
 */
import type { Tensor } from "@tensorflow/tfjs";
import { wideKernel } from "../engine/wide-kernels.ts";
import type { Core } from "./kind.ts";

type Gradient = (dy: Tensor, saved: Tensor[]) => Tensor[];

/**
 * A value of `inputs` with its own gradient: what `forward` saves is handed to `gradient`, which returns one tensor for
 * each input.
 */
export function differentiable(
  tf: Core,
  inputs: readonly Tensor[],
  forward: (inputs: readonly Tensor[]) => { value: Tensor; saved: Tensor[]; gradient: Gradient },
): Tensor {
  const op = tf.customGrad((...given) => {
    const save = given.at(-1) as unknown as (tensors: Tensor[]) => void;
    const { value, saved, gradient } = forward(given.slice(0, -1) as Tensor[]);
    save(saved);
    return { value, gradFunc: (dy: Tensor | Tensor[], kept: Tensor[]) => gradient(dy as Tensor, kept) };
  });
  return op(...inputs);
}

/** x f32[…, c] + bias f32[c]. The gradient of the bias is one op, not a sum over every other axis. */
export function biased(tf: Core, x: Tensor, bias: Tensor): Tensor {
  const add = x.rank < 2 ? undefined : wideKernel(tf, "BiasAdd");
  return add === undefined ? tf.add(x, bias) : (add({ x, bias })[0] as Tensor);
}
