/**
 * The recurrence of an LSTM (Hochreiter & Schmidhuber 1997; Keras's gates i, f, c, o) with its gradient written out: few
 * operations a step forwards (11) and backwards (7), everything else for all steps at once.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { Core } from "../kind.ts";
import { folded, type Recurrence } from "./recurrence.ts";

const FAR = 1e9;

/**
 * @param projected f32[B, T, 4u]: x · kernel + bias
 * @param recurrent f32[u, 4u]
 * @param mask f32[B, T]: a masked step leaves the state as it is
 * @returns f32[B, T, u] with `sequences`, in the order read, else the last state f32[B, u]
 */
export function lstmStates(
  tf: Core,
  projected: Tensor,
  recurrent: Tensor,
  { mask, sequences, backwards }: Recurrence,
): Tensor {
  const units = recurrent.shape[0]!;
  const [batch, steps] = projected.shape as [number, number];
  let gates = projected;
  let absent: Tensor | undefined;
  if (mask) {
    // A masked step has input gate 0 and forget gate 1: exactly the old cell. Only the state needs its own blend.
    absent = tf.sub(1, mask);
    const push = tf.tensor([-FAR, FAR, 0, -FAR], [1, 1, 4, 1]);
    const shift = tf.reshape(
      tf.mul(tf.reshape(absent, [batch, steps, 1, 1]), tf.mul(push, tf.ones([1, 1, 4, units]))),
      [batch, steps, 4 * units],
    );
    gates = tf.add(projected, shift);
  }
  const order = Array.from({ length: steps }, (_, t) => (backwards ? steps - 1 - t : t));

  const op = tf.customGrad((xs, us, save) => {
    const inputs = tf.unstack(xs as Tensor, 1);
    const u = us as Tensor;
    const keep = absent && tf.split(absent, steps, 1);
    let h: Tensor = tf.zeros([batch, units]);
    let c: Tensor = h;
    const states: Tensor[] = [];
    const kept: { before: Tensor[]; cell: Tensor[]; gate: Tensor[]; candidate: Tensor[]; squashed: Tensor[] } = {
      before: [],
      cell: [],
      gate: [],
      candidate: [],
      squashed: [],
    };
    for (const t of order) {
      kept.before.push(h);
      kept.cell.push(c);
      const z = tf.add(inputs[t]!, tf.matMul(h, u));
      const [zi, zf, zc, zo] = tf.split(z, 4, 1) as [Tensor, Tensor, Tensor, Tensor];
      const [i, f, g, o] = [tf.sigmoid(zi), tf.sigmoid(zf), tf.tanh(zc), tf.sigmoid(zo)];
      c = tf.add(tf.mul(f, c), tf.mul(i, g));
      const squashed = tf.tanh(c);
      const next = tf.mul(o, squashed);
      h = keep ? tf.add(next, tf.mul(keep[t]!, h)) : next;
      kept.gate.push(i, f, o);
      kept.candidate.push(g);
      kept.squashed.push(squashed);
      states.push(h);
    }
    const all = [
      u,
      tf.stack(kept.before),
      tf.stack(kept.cell),
      tf.reshape(tf.stack(kept.gate), [steps, 3, batch, units]),
      tf.stack(kept.candidate),
      tf.stack(kept.squashed),
    ];
    (save as (tensors: Tensor[]) => void)(absent ? [...all, absent] : all);
    return {
      value: sequences ? tf.stack(states, 1) : tf.clone(h),
      gradFunc: (dy: Tensor | Tensor[], saved: Tensor[]) => {
        const [w, before, cell, gate, g, squashed] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
        const keep = saved[6] && tf.split(saved[6], steps, 1);
        const [i, f, o] = tf.unstack(gate, 1) as [Tensor, Tensor, Tensor];
        const slope = (s: Tensor) => tf.mul(s, tf.sub(1, s));
        // What one unit of the cell's (i, f, c) or the state's (o) gradient gives at each gate, for all steps at once.
        const factors = tf.unstack(
          tf.concat(
            [
              tf.mul(g, slope(i)),
              tf.mul(cell, slope(f)),
              tf.mul(i, tf.sub(1, tf.square(g))),
              tf.mul(squashed, slope(o)),
            ],
            2,
          ),
        );
        const toCell = tf.unstack(tf.mul(o, tf.sub(1, tf.square(squashed))));
        const forget = tf.unstack(f);
        const outer = sequences ? tf.unstack(dy as Tensor, 1) : undefined;
        let dh: Tensor | undefined = sequences ? undefined : (dy as Tensor);
        let dc: Tensor | undefined;
        const dz: Tensor[] = new Array(steps);
        for (let n = steps - 1; n >= 0; n--) {
          if (outer) dh = dh ? tf.add(dh, outer[n]!) : outer[n]!;
          const fromState = tf.mul(dh!, toCell[n]!);
          const d: Tensor = dc ? tf.add(dc, fromState) : fromState;
          dz[n] = tf.mul(tf.concat([d, d, d, dh!], 1), factors[n]!);
          if (n === 0) break;
          const through: Tensor = tf.matMul(dz[n]!, w, false, true);
          dh = keep ? tf.add(through, tf.mul(keep[order[n]!]!, dh!)) : through;
          dc = tf.mul(d, forget[n]!);
        }
        return folded(tf, dz, before, backwards);
      },
    };
  });
  return op(gates, recurrent);
}
