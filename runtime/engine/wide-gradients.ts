/**
 * Gradients that are one op where the engine has it (wide-kernels.ts) and tfjs's own few ops where it has not:
 * activations, and the bias of a layer.
 */
import type { GradConfig, Tensor } from "@tensorflow/tfjs";
import { wideKernel } from "./wide-kernels.ts";

type Tfjs = typeof import("@tensorflow/tfjs");

/** The gradients to register in place of tfjs's own. */
export function wideGradients(tf: Tfjs): GradConfig[] {
  return [
    ofInput(tf, tf.Relu, "ReluGrad"),
    ofInput(tf, tf.Relu6, "Relu6Grad"),
    ofOutput(tf, tf.Sigmoid, "SigmoidGrad"),
    ofOutput(tf, tf.Tanh, "TanhGrad"),
    biasGradient(tf),
  ].filter((gradient) => gradient !== undefined);
}

const OWN = Symbol("wide gradient");
type Marked = GradConfig & { [OWN]?: true };

/** The gradient of an activation, by its input x or by its output y. Given ours, returns nothing. */
function activationGradient(tf: Tfjs, kernelName: string, op: string, saved: "x" | "y"): GradConfig | undefined {
  const plain = tf.getGradient(kernelName) as Marked;
  if (plain[OWN]) return undefined;
  const gradient: Marked = {
    ...plain,
    [OWN]: true,
    gradFunc: (dy, values, attrs) => {
      const kernel = wideKernel(tf, op);
      if (kernel === undefined) return plain.gradFunc(dy, values, attrs);
      return { x: () => kernel({ dy: dy as Tensor, [saved]: values[0] as Tensor })[0] as Tensor };
    },
  };
  return gradient;
}

const ofInput = (tf: Tfjs, kernelName: string, op: string) => activationGradient(tf, kernelName, op, "x");
const ofOutput = (tf: Tfjs, kernelName: string, op: string) => activationGradient(tf, kernelName, op, "y");

/** x + bias along the last axis: dy for x, its sum over all other axes for the bias. */
function biasGradient(tf: Tfjs): GradConfig {
  return {
    kernelName: "BiasAdd",
    gradFunc: (dy) => ({
      x: () => tf.clone(dy as Tensor),
      bias: () => wideKernel(tf, "BiasAddGrad")?.({ dy: dy as Tensor })[0] as Tensor,
    }),
  };
}
