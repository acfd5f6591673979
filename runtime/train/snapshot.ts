/** Copies of all weights of a network, to come back to. tfjs shares the memory until a weight is assigned anew. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Network } from "./network.ts";

/** The caller disposes of the tensors. Statistics of normalizations are in it, too. */
export function takeSnapshot(network: Network): readonly Tensor[] {
  const { tf } = network;
  return network.weights.map((weight) => tf.keep(tf.clone(weight.variable)));
}

export function restoreWeights(network: Network, snapshot: readonly Tensor[]): void {
  network.weights.forEach((weight, i) => {
    // A clone of its own: assigning takes the tensor's memory over.
    network.tf.tidy(() => weight.variable.assign(network.tf.clone(snapshot[i] as Tensor)));
  });
}
