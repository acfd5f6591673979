/** What the recurrences have in common. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Core } from "../kind.ts";

export interface Recurrence {
  /** f32[B, T] */
  readonly mask?: Tensor;
  readonly sequences: boolean;
  readonly backwards: boolean;
}

/**
 * Gradients of the projected inputs, f32[B, T, k·u], and of the recurrent kernel, from those of each step in the order
 * read and the states before each step f32[T, B, u].
 */
export function folded(tf: Core, steps: readonly Tensor[], before: Tensor, backwards: boolean): Tensor[] {
  const [count, batch, units] = before.shape as [number, number, number];
  const dz = tf.reshape(tf.stack(steps as Tensor[]), [count * batch, -1]);
  const recurrent = tf.matMul(tf.reshape(before, [count * batch, units]), dz, true, false);
  return [tf.stack(backwards ? [...steps].reverse() : (steps as Tensor[]), 1), recurrent];
}
