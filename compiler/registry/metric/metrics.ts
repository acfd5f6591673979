/** Metrics, with the targets they judge and which way is better. */
import { boolean, choice, defineWord, type Entry, int, later, number, type Params, plannedWords } from "../define.ts";

export interface Metric extends Entry {
  readonly role: "metric";
  readonly judges: readonly string[];
}

const classes = ["binary", "multiclass"];
const labels = [...classes, "multilabel"];
const numbers = ["regression"];
const average = choice(
  "macro: mean over the classes; micro: over all decisions; weighted: by class size; samples: over the rows (multilabel).",
  {
    of: ["macro", "micro", "weighted", "samples"],
  },
);
const transformed = {
  transformed: boolean("Of the transformed values, not of those in the column's own units.", { default: false }),
};

const metric = (name: string, doc: string, judges: readonly string[], params: Params = {}, positional = 0): Metric =>
  defineWord({
    name,
    role: "metric" as const,
    doc,
    source: "scikit-learn",
    params,
    judges,
    ...(positional ? { positional } : {}),
  });

const planned = (...names: string[]) =>
  plannedWords("metric", ...names).map((e) => ({
    ...e,
    role: "metric" as const,
    judges: [...labels, ...numbers, "ordinal", "forecast", "pairs"],
  }));

export const metrics: readonly Metric[] = [
  metric("accuracy", "Share of rows predicted right (of multilabel: all labels of the row).", labels, {
    at: number("Threshold of the probability.", { above: 0, below: 1 }),
  }),
  metric("balanced_accuracy", "Mean over the classes of the share predicted right.", classes),
  metric("precision", "Of what is predicted positive, the share that is.", labels, { average }, 1),
  metric(
    "recall",
    "Of what is positive, the share that is found.",
    labels,
    { average, at: later("Among so many of the highest ranked.") },
    1,
  ),
  metric(
    "f1",
    "Harmonic mean of precision and recall; without argument of the positive class for binary, macro otherwise.",
    labels,
    { average },
    1,
  ),
  metric("mcc", "Matthews correlation: 1 perfect, 0 chance.", classes),
  metric("kappa", "Cohen's kappa: agreement beyond chance.", classes),
  metric(
    "roc_auc",
    "Probability that a positive row is ranked above a negative one (several classes: macro, one against the rest).",
    labels,
  ),
  metric("pr_auc", "Average precision.", ["binary", "multilabel"]),
  metric("log_loss", "Mean negative log of the probability of what is true.", labels),
  metric("brier", "Mean squared error of the probability.", ["binary"]),
  metric("ece", "Expected calibration error: how far probabilities are from what happens.", classes, {
    bins: int("Number of bins.", { min: 1, default: 15 }),
  }),
  metric("confusion", "The matrix of true against predicted classes, in the scorecard.", classes),
  metric("mse", "Mean squared error.", numbers, transformed),
  metric("rmse", "Root of the mean squared error.", numbers, transformed),
  metric("mae", "Mean absolute error.", numbers, transformed),
  metric("mape", "Mean absolute error as a share of the true value.", numbers, transformed),
  metric("r2", "Share of the variance that is explained.", numbers, transformed),
  metric("smape", "Mean absolute error as a share of the mean of true and predicted value.", numbers, transformed),
  metric("explained_variance", "Share of the variance that is explained, whatever the bias.", numbers, transformed),
  metric("pearson", "Linear correlation of true and predicted values.", numbers, transformed),
  ...planned("spearman", "kendall", "pinball", "qlike", "information_coefficient", "hit_rate", "sharpe"),
];
