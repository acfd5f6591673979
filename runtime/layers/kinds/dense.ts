/** Dense and activation: maps of the last axis. */
import type { Tensor } from "@tensorflow/tfjs";
import { type Activation, activate } from "../activations.ts";
import type { Core, LayerKind } from "../kind.ts";
import { sizeOf } from "../value.ts";
import { biased } from "../wide.ts";

export interface DenseOptions {
  readonly units: number;
  readonly activation?: Activation;
  readonly useBias?: boolean;
}

/** x · kernel (+ bias) over the last axis of f32[B, …, c]; the same at every other axis. */
export function linear(tf: Core, x: Tensor, kernel: Tensor, bias?: Tensor): Tensor {
  const units = kernel.shape.at(-1)!;
  const flat = x.rank === 2 ? x : tf.reshape(x, [-1, x.shape.at(-1)!]);
  const product = tf.matMul(flat as Tensor, kernel);
  const sum = bias ? biased(tf, product, bias) : product;
  return x.rank === 2 ? sum : tf.reshape(sum, [...x.shape.slice(0, -1), units]);
}

export const dense: LayerKind<DenseOptions> = {
  className: "Dense",
  outputShape: ([shape], { units }) => [...shape!.slice(0, -1), units],
  weights: ([shape], { units, useBias }) => [
    { name: "kernel", shape: [sizeOf(shape!, -1), units], init: "glorot_uniform" },
    ...(useBias === false ? [] : [{ name: "bias", shape: [units], init: "zeros" } as const]),
  ],
  call: ({ tf, weight }, [x], { activation, useBias }) =>
    activate(tf, linear(tf, x!, weight("kernel"), useBias === false ? undefined : weight("bias")), activation),
};

export const activation: LayerKind<{ activation: Activation }> = {
  className: "Activation",
  outputShape: ([shape]) => shape!,
  call: ({ tf }, [x], options) => activate(tf, x!, options.activation),
};
