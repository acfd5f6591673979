/**
 * An LSTM over all steps in one op, and its gradient in another, where the engine has them (TensorFlow's BlockLSTMV2:
 * Keras's gates i, f, c, o). The same numbers as lstm.ts, which does all that this cannot.
 */
import type { Tensor } from "@tensorflow/tfjs";
import { wideKernel } from "../../engine/wide-kernels.ts";
import type { Core } from "../kind.ts";
import { differentiable } from "../wide.ts";
import type { Recurrence } from "./recurrence.ts";

const FAR = 1e9;

/** Which steps of each row are there, in the order read and time first: f32[T, B, 1] each. */
interface Steps {
  /** 1 where a step is masked: there, the gates are pushed shut, and the cell stays. */
  readonly absent: Float32Array;
  /** 1 at the last step that is there; nowhere in a row without any. */
  readonly last: Float32Array;
  /** 1 after it. */
  readonly after: Float32Array;
}

/**
 * @param x f32[B, T, c]
 * @param kernel f32[c, 4u]
 * @param recurrent f32[u, 4u]
 * @param bias f32[4u]
 * @returns as `lstmStates`; undefined where the engine has no such op, or a row has a masked step between two that count
 */
export function blockLstm(
  tf: Core,
  x: Tensor,
  { kernel, recurrent, bias }: { kernel: Tensor; recurrent: Tensor; bias: Tensor },
  { mask, sequences, backwards }: Recurrence,
): Tensor | undefined {
  const run = wideKernel(tf, "BlockLSTMV2");
  const runGradient = wideKernel(tf, "BlockLSTMGradV2");
  if (run === undefined || runGradient === undefined) return undefined;
  const [batch, steps, features] = x.shape as [number, number, number];
  const units = recurrent.shape[0]!;
  const masked = mask && stepsOf(mask.dataSync() as Float32Array, batch, steps, backwards);
  if (masked === "gaps") return undefined;
  const ordered = (values: Float32Array): Tensor => tf.tensor(values, [steps, batch, 1]);
  const absent = masked && ordered(masked.absent);
  const last = masked && ordered(masked.last);
  const after = masked && sequences ? ordered(masked.after) : undefined;

  return differentiable(tf, [x, kernel, recurrent, bias], ([input, k, r, b]) => {
    const first = timeFirst(tf, input!, backwards);
    const series = absent ? tf.concat([first, absent], 2) : first;
    // A masked step is one more feature, whose weights shut the gates: input 0, forget 1, output 0.
    const weights = tf.concat(absent ? [k!, shutters(tf, units), r!] : [k!, r!], 0);
    const outputs = run({ x: series, weights, bias: b! });
    const states = outputs[6]!;
    const lastState = last
      ? tf.sum(tf.mul(states, last), 0)
      : tf.reshape(tf.slice(states, [steps - 1, 0, 0], [1, batch, units]), [batch, units]);
    const carried = after ? tf.add(states, tf.mul(after, lastState)) : states;
    return {
      value: sequences ? tf.transpose(carried, [1, 0, 2]) : lastState,
      saved: [series, weights, b!, ...outputs, ...[last, after].filter((tensor) => tensor !== undefined)],
      gradient: (dy, [series, weights, bias, ...rest]) => {
        const [last, after] = rest.slice(7);
        const dh = stateGradients(tf, dy, { steps, sequences, last, after });
        const named = Object.fromEntries(rest.slice(0, 7).map((output, i) => [`o${i}`, output]));
        const gradients = runGradient({ x: series!, weights: weights!, bias: bias!, dh, ...named });
        const [dx, dWeights, dBias] = [gradients[0]!, gradients[3]!, gradients[7]!];
        const dSeries = last ? tf.slice(dx, [0, 0, 0], [steps, batch, features]) : dx;
        return [
          tf.transpose(backwards ? tf.reverse(dSeries, 0) : dSeries, [1, 0, 2]),
          tf.slice(dWeights, [0, 0], [features, 4 * units]),
          tf.slice(dWeights, [features + (last ? 1 : 0), 0], [units, 4 * units]),
          dBias,
        ];
      },
    };
  });
}

/** dL/dh of every step, f32[T, B, u], from that of what came out. */
function stateGradients(
  tf: Core,
  dy: Tensor,
  { steps, sequences, last, after }: { steps: number; sequences: boolean; last?: Tensor; after?: Tensor },
): Tensor {
  if (sequences) {
    const each = tf.transpose(dy, [1, 0, 2]);
    return last && after ? tf.add(each, tf.mul(last, tf.sum(tf.mul(each, after), 0))) : each;
  }
  if (last) return tf.mul(last, dy);
  return tf.pad(tf.expandDims(dy, 0), [
    [steps - 1, 0],
    [0, 0],
    [0, 0],
  ]);
}

/** f32[T, B, c], in the order read */
function timeFirst(tf: Core, x: Tensor, backwards: boolean): Tensor {
  const first = tf.transpose(x, [1, 0, 2]);
  return backwards ? tf.reverse(first, 0) : first;
}

function shutters(tf: Core, units: number): Tensor {
  const values = new Float32Array(4 * units).fill(-FAR);
  values.fill(FAR, units, 2 * units).fill(0, 2 * units, 3 * units);
  return tf.tensor(values, [1, 4 * units]);
}

/**
 * From a mask f32[B, T]. Undefined where every step is there. Before the first step that counts the state is zeros anyway;
 * after the last one only that state matters: so masked steps at both ends are right, and gaps are not.
 */
function stepsOf(mask: Float32Array, batch: number, steps: number, backwards: boolean): Steps | "gaps" | undefined {
  if (mask.every((value) => value === 1)) return undefined;
  const absent = new Float32Array(steps * batch);
  const last = new Float32Array(steps * batch);
  const after = new Float32Array(steps * batch);
  for (let row = 0; row < batch; row++) {
    let begin = -1;
    let end = -1;
    let count = 0;
    for (let t = 0; t < steps; t++) {
      const there = mask[row * steps + (backwards ? steps - 1 - t : t)] !== 0;
      if (there) {
        if (begin < 0) begin = t;
        end = t;
        count++;
      } else absent[t * batch + row] = 1;
    }
    if (count === 0) continue;
    if (end - begin + 1 !== count) return "gaps";
    last[end * batch + row] = 1;
    for (let t = end + 1; t < steps; t++) after[t * batch + row] = 1;
  }
  return { absent, last, after };
}
