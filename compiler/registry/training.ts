/** Words of `train`: optimizers, schedules, stopping, clipping. Rates come first; Keras's defaults. */
import { boolean, defineWord, type Entry, int, monitor, number, plannedWords, type Role, share } from "./define.ts";

const rate = number("Learning rate.", { above: 0, default: 1e-3 });
const warmup = share("Share of the steps in which the rate rises from 0.", { below: 1, default: 0 });

const optimizer = (entry: Omit<Entry, "role">): Entry => defineWord({ ...entry, role: "optimizer" as Role });
const schedule = (entry: Omit<Entry, "role">): Entry => defineWord({ ...entry, role: "schedule" as Role });

export const optimizers: readonly Entry[] = [
  optimizer({
    name: "sgd",
    doc: "Gradient descent, with momentum if given.",
    source: "Keras SGD",
    example: "optimizer: sgd(0.1, momentum: 0.9, nesterov: true)",
    positional: 1,
    params: {
      learning_rate: number("Learning rate.", { above: 0, default: 1e-2 }),
      momentum: number("Share of the last step kept.", { min: 0, below: 1, default: 0 }),
      nesterov: boolean("Looks ahead along the momentum.", { default: false }),
    },
  }),
  optimizer({
    name: "adam",
    doc: "Steps scaled by running means of the gradient and its square.",
    source: "Kingma & Ba 2015; Keras Adam",
    example: "optimizer: adam(1e-3)",
    positional: 1,
    params: {
      learning_rate: rate,
      beta_1: number("Memory of the gradient.", { min: 0, below: 1, default: 0.9 }),
      beta_2: number("Memory of its square.", { min: 0, below: 1, default: 0.999 }),
      epsilon: number("Keeps the division safe.", { above: 0, default: 1e-7 }),
    },
  }),
  optimizer({
    name: "adamw",
    doc: "adam with weight decay beside the gradient; biases and normalizations do not decay.",
    source: "Loshchilov & Hutter 2019; Keras AdamW",
    example: "optimizer: adamw(1e-3, weight_decay: 4e-3)",
    positional: 1,
    params: {
      learning_rate: rate,
      weight_decay: number("Share of the weights taken off each step, times the rate.", { min: 0, default: 4e-3 }),
      beta_1: number("Memory of the gradient.", { min: 0, below: 1, default: 0.9 }),
      beta_2: number("Memory of its square.", { min: 0, below: 1, default: 0.999 }),
      epsilon: number("Keeps the division safe.", { above: 0, default: 1e-7 }),
    },
  }),
  optimizer({
    name: "rmsprop",
    doc: "Steps scaled by a running mean of the gradient's square.",
    source: "Hinton 2012; Keras RMSprop",
    example: "optimizer: rmsprop(1e-3)",
    positional: 1,
    params: {
      learning_rate: rate,
      rho: number("Memory of the square.", { min: 0, below: 1, default: 0.9 }),
      momentum: number("Share of the last step kept.", { min: 0, below: 1, default: 0 }),
      epsilon: number("Keeps the division safe.", { above: 0, default: 1e-7 }),
    },
  }),
  ...plannedWords("optimizer", "nadam", "adagrad", "adadelta", "adamax", "lion", "adafactor"),
];

export const schedules: readonly Entry[] = [
  schedule({ name: "constant", doc: "The rate stays.", example: "schedule: constant(warmup: 5%)", params: { warmup } }),
  schedule({
    name: "exponential",
    doc: "The rate is multiplied by `rate` each epoch, smoothly.",
    source: "Keras ExponentialDecay",
    example: "schedule: exponential(rate: 0.9)",
    params: { rate: number("Factor an epoch.", { above: 0, max: 1, required: true }), warmup },
  }),
  schedule({
    name: "cosine",
    doc: "The rate falls along half a cosine to 0 at the last step.",
    source: "Loshchilov & Hutter 2017; Keras CosineDecay",
    example: "schedule: cosine(warmup: 5%)",
    params: { warmup, restarts: { doc: "How often it starts again.", kind: { is: "int", min: 1 }, later: true } },
  }),
  ...plannedWords("schedule", "linear", "step", "one_cycle", "reduce_on_plateau"),
];

export const stops: readonly Entry[] = [
  defineWord({
    name: "early_stopping",
    role: "stop" as Role,
    doc: "Stops when what is watched has not become better for `patience` epochs, and restores the best weights.",
    source: "Keras EarlyStopping",
    example: "stop: early_stopping(patience: 3, monitor: risk.f1)",
    params: {
      patience: int("Epochs without a better value.", { min: 1, required: true }),
      monitor: monitor("The validation loss, `loss`, or a metric of a head, `risk.f1`.", { default: "loss" }),
    },
  }),
];

export const clips: readonly Entry[] = [
  defineWord({
    name: "norm",
    role: "clip" as Role,
    doc: "Scales all gradients down to this global norm.",
    example: "clip: norm(1)",
    positional: 1,
    params: { max: number("Largest norm.", { above: 0, required: true }) },
  }),
  defineWord({
    name: "value",
    role: "clip" as Role,
    doc: "Cuts every gradient at this size.",
    example: "clip: value(0.5)",
    positional: 1,
    params: { max: number("Largest size.", { above: 0, required: true }) },
  }),
];
