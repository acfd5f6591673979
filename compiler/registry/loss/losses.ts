/** Losses of heads, with the targets they are for. */
import { defineWord, type Entry, number, plannedWords, share } from "../define.ts";

export interface Loss extends Entry {
  readonly role: "loss";
  readonly for: readonly string[];
}

const classification = ["binary", "multiclass", "multilabel"];
const numbers = ["regression"];
const planned = (...names: string[]) =>
  plannedWords("loss", ...names).map((e) => ({
    ...e,
    role: "loss" as const,
    for: [...classification, ...numbers, "ordinal", "forecast", "pairs"],
  }));

export const losses: readonly Loss[] = [
  defineWord({
    name: "binary_crossentropy",
    role: "loss" as const,
    doc: "Cross-entropy of yes or no, of each label.",
    source: "Keras BinaryCrossentropy",
    params: { label_smoothing: share("Moves the labels towards one half.", { below: 1, default: 0 }) },
    for: ["binary", "multilabel"],
  }),
  defineWord({
    name: "categorical_crossentropy",
    role: "loss" as const,
    doc: "Cross-entropy of one class among several.",
    source: "Keras CategoricalCrossentropy",
    params: { label_smoothing: share("Share of the label given to all classes alike.", { below: 1, default: 0 }) },
    for: ["multiclass"],
  }),
  defineWord({
    name: "focal",
    role: "loss" as const,
    doc: "Cross-entropy in which what is already right counts less: for rare classes.",
    source: "Lin et al. 2017; Keras BinaryFocalCrossentropy, CategoricalFocalCrossentropy",
    params: {
      gamma: number("How much less.", { min: 0, default: 2 }),
      alpha: share("Weight of the positive class; without it, none."),
    },
    for: classification,
  }),
  defineWord({
    name: "mse",
    role: "loss" as const,
    doc: "Mean squared error.",
    source: "Keras MeanSquaredError",
    params: {},
    for: numbers,
  }),
  defineWord({
    name: "mae",
    role: "loss" as const,
    doc: "Mean absolute error.",
    source: "Keras MeanAbsoluteError",
    params: {},
    for: numbers,
  }),
  defineWord({
    name: "huber",
    role: "loss" as const,
    doc: "Squared near zero, absolute beyond `delta`: outliers weigh less.",
    source: "Huber 1964; Keras Huber",
    params: { delta: number("Where it turns from squared to absolute.", { above: 0, default: 1 }) },
    for: numbers,
  }),
  defineWord({
    name: "log_cosh",
    role: "loss" as const,
    doc: "log(cosh(error)): a smooth absolute error.",
    source: "Keras LogCosh",
    params: {},
    for: numbers,
  }),
  ...planned("corn", "cumulative", "quantile", "gaussian_nll", "student_nll", "tweedie", "contrastive"),
];
