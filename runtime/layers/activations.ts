/** Keras's activations by its names, as differentiable functions of tfjs. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Core } from "./kind.ts";

type Function = (tf: Core, x: Tensor) => Tensor;

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

const functions = {
  linear: (_, x) => x,
  relu: (tf, x) => tf.relu(x),
  relu6: (tf, x) => tf.relu6(x),
  leaky_relu: (tf, x) => tf.leakyRelu(x, 0.2),
  elu: (tf, x) => tf.elu(x),
  celu: (tf, x) => tf.elu(x),
  selu: (tf, x) => selu(tf, x),
  gelu: (tf, x) => gelu(tf, x),
  sigmoid: (tf, x) => tf.sigmoid(x),
  log_sigmoid: (tf, x) => tf.neg(tf.softplus(tf.neg(x))),
  hard_sigmoid: (tf, x) => tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6),
  tanh: (tf, x) => tf.tanh(x),
  hard_tanh: (tf, x) => tf.clipByValue(x, -1, 1),
  tanh_shrink: (tf, x) => tf.sub(x, tf.tanh(x)),
  softmax: (tf, x) => tf.softmax(x),
  log_softmax: (tf, x) => tf.logSoftmax(x),
  softplus: (tf, x) => tf.softplus(x),
  softsign: (tf, x) => tf.div(x, tf.add(tf.abs(x), 1)),
  silu: (tf, x) => silu(tf, x),
  swish: (tf, x) => silu(tf, x),
  hard_silu: (tf, x) => tf.mul(x, tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6)),
  hard_swish: (tf, x) => tf.mul(x, tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6)),
  exponential: (tf, x) => tf.exp(x),
  mish: (tf, x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  squareplus: (tf, x) => tf.mul(tf.add(x, tf.sqrt(tf.add(tf.square(x), 4))), 0.5),
} satisfies { [name: string]: Function };

/** An activation by Keras's name. */
export type Activation = keyof typeof functions;

export const activationNames = Object.keys(functions) as readonly Activation[];

/** Applies an activation; without one, the value itself. An unknown name throws. */
export function activate(tf: Core, x: Tensor, name?: Activation): Tensor {
  if (name === undefined || name === "linear") return x;
  const found = functions[name];
  if (!found) throw new Error(`There is no activation ${String(name)}; there are ${activationNames.join(", ")}.`);
  return found(tf, x);
}

function silu(tf: Core, x: Tensor): Tensor {
  return tf.mul(x, tf.sigmoid(x));
}

/** scale · (max(x, 0) + alpha · (exp(min(x, 0)) - 1)): tfjs's kernel is the same, its gradient at 0 is not defined alike. */
function selu(tf: Core, x: Tensor): Tensor {
  const negative = tf.mul(tf.sub(tf.exp(tf.neg(tf.relu(tf.neg(x)))), 1), SELU_ALPHA);
  return tf.mul(tf.add(tf.relu(x), negative), SELU_SCALE);
}

/** x · Φ(x), the exact form (Keras's default), with its gradient Φ(x) + x · φ(x) in few operations. */
function gelu(tf: Core, x: Tensor): Tensor {
  const exact = tf.customGrad((input, save) => {
    const value = input as Tensor;
    const cdf = tf.mul(tf.add(tf.erf(tf.mul(value, Math.SQRT1_2)), 1), 0.5);
    (save as (tensors: Tensor[]) => void)([value, cdf]);
    return {
      value: tf.mul(value, cdf),
      gradFunc: (dy: Tensor | Tensor[], saved: Tensor[]) => {
        const [v, c] = saved as [Tensor, Tensor];
        const pdf = tf.mul(tf.exp(tf.mul(tf.square(v), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy as Tensor, tf.add(c, tf.mul(v, pdf)));
      },
    };
  });
  return exact(x);
}
