/**
 * The recurrence of a GRU (Cho et al. 2014) as Keras has it since TensorFlow 2: gates z, r, h, the reset gate after the
 * product (`reset_after`), two biases. Gradient written out: 6 operations a step.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { Core } from "../kind.ts";
import { folded, type Recurrence } from "./recurrence.ts";

const FAR = 1e9;

/**
 * @param projected f32[B, T, 3u]: x · kernel + input bias
 * @param recurrent f32[u, 3u]
 * @param bias f32[3u], the recurrent one
 * @returns f32[B, T, u] with `sequences`, in the order read, else the last state f32[B, u]
 */
export function gruStates(
  tf: Core,
  projected: Tensor,
  recurrent: Tensor,
  bias: Tensor,
  { mask, sequences, backwards }: Recurrence,
): Tensor {
  const units = recurrent.shape[0]!;
  const [batch, steps] = projected.shape as [number, number];
  let gates = projected;
  if (mask) {
    // A masked step has update gate 1: exactly the old state.
    const push = tf.mul(tf.tensor([FAR, 0, 0], [1, 1, 3, 1]), tf.ones([1, 1, 3, units]));
    const absent = tf.reshape(tf.sub(1, mask), [batch, steps, 1, 1]);
    gates = tf.add(projected, tf.reshape(tf.mul(absent, push), [batch, steps, 3 * units]));
  }
  const order = Array.from({ length: steps }, (_, t) => (backwards ? steps - 1 - t : t));

  const op = tf.customGrad((xs, us, bs, save) => {
    const parts = tf.split(xs as Tensor, [2 * units, units], 2).map((part) => tf.unstack(part, 1)) as [
      Tensor[],
      Tensor[],
    ];
    const u = us as Tensor;
    let h: Tensor = tf.zeros([batch, units]);
    const states: Tensor[] = [];
    const kept: { before: Tensor[]; gate: Tensor[]; candidate: Tensor[]; inner: Tensor[] } = {
      before: [],
      gate: [],
      candidate: [],
      inner: [],
    };
    for (const t of order) {
      kept.before.push(h);
      const [both, inner] = tf.split(tf.add(tf.matMul(h, u), bs as Tensor), [2 * units, units], 1) as [Tensor, Tensor];
      const gate = tf.sigmoid(tf.add(parts[0][t]!, both));
      const [z, r] = tf.split(gate, 2, 1) as [Tensor, Tensor];
      const candidate = tf.tanh(tf.add(parts[1][t]!, tf.mul(r, inner)));
      h = tf.add(tf.mul(z, h), tf.mul(tf.sub(1, z), candidate));
      kept.gate.push(gate);
      kept.candidate.push(candidate);
      kept.inner.push(inner);
      states.push(h);
    }
    (save as (tensors: Tensor[]) => void)([
      u,
      tf.stack(kept.before),
      tf.stack(kept.gate),
      tf.stack(kept.candidate),
      tf.stack(kept.inner),
    ]);
    return {
      value: sequences ? tf.stack(states, 1) : tf.clone(h),
      gradFunc: (dy: Tensor | Tensor[], saved: Tensor[]) => {
        const [w, before, gate, candidate, inner] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const [z, r] = tf.split(gate, 2, 2) as [Tensor, Tensor];
        const slope = (s: Tensor) => tf.mul(s, tf.sub(1, s));
        const toZ = tf.mul(tf.sub(before, candidate), slope(z));
        const toH = tf.mul(tf.sub(1, z), tf.sub(1, tf.square(candidate)));
        const toR = tf.mul(tf.mul(toH, inner), slope(r));
        const toInner = tf.mul(toH, r);
        const factors = tf.unstack(tf.concat([toZ, toR, toInner], 2));
        const update = tf.unstack(z);
        const outer = sequences ? tf.unstack(dy as Tensor, 1) : undefined;
        let dh: Tensor | undefined = sequences ? undefined : (dy as Tensor);
        const states: Tensor[] = new Array(steps);
        const products: Tensor[] = new Array(steps);
        for (let n = steps - 1; n >= 0; n--) {
          if (outer) dh = dh ? tf.add(dh, outer[n]!) : outer[n]!;
          states[n] = dh!;
          products[n] = tf.mul(tf.concat([dh!, dh!, dh!], 1), factors[n]!);
          if (n === 0) break;
          dh = tf.add(tf.mul(dh!, update[n]!), tf.matMul(products[n]!, w, false, true));
        }
        const [, recurrentGradient] = folded(tf, products, before, backwards) as [Tensor, Tensor];
        const all = tf.stack(products);
        const biasGradient = tf.sum(all, [0, 1]);
        // The inputs of z and r get what their products got; that of h is not reset.
        const inputs = tf.concat(
          [tf.slice(all, [0, 0, 0], [steps, batch, 2 * units]), tf.mul(tf.stack(states), toH)],
          2,
        );
        const ordered = backwards ? tf.reverse(inputs, 0) : inputs;
        return [tf.transpose(ordered, [1, 0, 2]), recurrentGradient, biasGradient];
      },
    };
  });
  return op(gates, recurrent, bias);
}
