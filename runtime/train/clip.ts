/** Clipping of gradients before the update: by their global norm (Pascanu et al. 2013) or by value. */
import type { Tensor } from "@tensorflow/tfjs";
import type { TrainPlan } from "../../plan/plan.ts";
import type { Tfjs } from "./network.ts";

/**
 * `norm`: all gradients times norm / max(global norm, norm), as Keras's `global_clipnorm`. `value`: each number to ±value.
 * Call it in a tidy; the result is new tensors, or the same where nothing is to be clipped.
 */
export function clipGradients(tf: Tfjs, gradients: readonly Tensor[], clip: TrainPlan["clip"]): readonly Tensor[] {
  if (clip === undefined) return gradients;
  if ("value" in clip) return gradients.map((gradient) => tf.clipByValue(gradient, -clip.value, clip.value));
  if (gradients.length === 0) return gradients;
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  const factor = tf.div(tf.scalar(clip.norm), tf.maximum(norm, clip.norm));
  return gradients.map((gradient) => tf.mul(gradient, factor));
}
