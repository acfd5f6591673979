/** Activations as stages: `-> relu`. */
import { defineOp, type Op } from "../define.ts";
import { activations } from "../parameters.ts";

const docs: { readonly [name in (typeof activations)[number]]: string } = {
  relu: "max(x, 0).",
  sigmoid: "1 / (1 + exp(-x)).",
  tanh: "The hyperbolic tangent.",
  softmax: "exp(x) over the last axis, divided by its sum.",
  gelu: "x times the normal distribution function of x (exact, with erf).",
  elu: "x, and exp(x) - 1 below 0.",
  selu: "The self-normalizing scaled elu.",
  silu: "x times sigmoid(x).",
  swish: "Another name of silu.",
  mish: "x times tanh(softplus(x)).",
  leaky_relu: "x, and 0.2 x below 0.",
  relu6: "relu, at most 6.",
  softplus: "log(1 + exp(x)).",
  softsign: "x / (1 + |x|).",
  hard_sigmoid: "relu6(x + 3) / 6.",
  exponential: "exp(x).",
  linear: "x itself.",
};

export const activationOps: readonly Op[] = activations.map((name) =>
  defineOp({
    name,
    role: "activation",
    doc: `${docs[name]} The shape stays.`,
    source: "Keras activations",
    example: `words -> dense(64) -> ${name}`,
    params: {},
    infer(context) {
      if (name === "linear") context.note("no-effect", { text: context.text, why: "it gives what it reads" });
      return context.input.type;
    },
    emit: { factory: "activation", options: () => ({ activation: JSON.stringify(name) }) },
  }),
);
