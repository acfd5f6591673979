/** What `monitor` names, and whether more of it is better; which numbers of weights and losses are still numbers. */
import type { TrainPlan } from "../../plan/plan.ts";
import type { EpochReport } from "./loop.ts";
import type { Network } from "./network.ts";

export interface Watch {
  readonly sign: 1 | -1;
  value(validated: EpochReport["validation"]): number | undefined;
}

/** `HEAD.METRIC`, `HEAD.loss`, or, for anything without a point, the validation loss. */
export function watchOf(plan: TrainPlan, direction: (head: string, metric: string) => 1 | -1): Watch {
  const monitor = plan.stop?.monitor ?? "loss";
  const point = monitor.indexOf(".");
  if (point < 0) return { sign: -1, value: (validated) => validated?.loss };
  const head = monitor.slice(0, point);
  const metric = monitor.slice(point + 1);
  if (metric === "loss") return { sign: -1, value: (validated) => validated?.losses[head] };
  return { sign: direction(head, metric), value: (validated) => validated?.metrics[head]?.[metric] };
}

/** Whether all weights, statistics included, are numbers. One value is read, whatever the size of the network. */
export function weightsAreFinite(network: Network): boolean {
  const { tf, weights } = network;
  if (weights.length === 0) return true;
  // 0 · x is NaN for NaN and for infinities, else 0.
  const [sum] = tf.tidy(() => tf.addN(weights.map(({ variable }) => tf.sum(tf.mul(variable, 0)))).dataSync());
  return !Number.isNaN(sum);
}

/** The first weight that holds a NaN or an infinity, and which of both. */
export function firstBadWeight(
  network: Network,
): { readonly layer: string; readonly is: "NaN" | "infinite" } | undefined {
  for (const { layer, variable } of network.weights) {
    const values = variable.dataSync() as Float32Array;
    if (!values.every(Number.isFinite)) return { layer, is: values.some(Number.isNaN) ? "NaN" : "infinite" };
  }
  return undefined;
}
