/** Pages of the leaks and targets families. */
import type { leaks, targets } from "../catalogue/leaks.ts";
import type { Page } from "../define.ts";
import { model, note, sheet } from "./example.ts";

const byTime = "split: by_time(train: 70%, validation: 15%, test: 15%)";

export const leaksPages: Record<keyof typeof leaks, Page> = {
  "target-leak": {
    doc: "The column of a target is also an input. The model would read the answer: perfect in the scorecard, useless for rows whose answer is not known yet.",
    bad: sheet('modality sheet: tabular { numeric: ["roa", "fell"] }'),
    good: sheet('modality sheet: tabular { numeric: ["roa"] }'),
    beside: "target fell",
  },
  "split-needs": {
    doc: "A split by time needs to know the time of a row, one by group its group. Both are columns that `data` names.",
    bad: model(`data { source: "calls.csv", ${byTime} }`),
    good: model(`data { source: "calls.csv", time: "date", ${byTime} }`),
  },
  "embargo-short": {
    doc: "A target that looks ahead knows the days behind its row. Without an embargo as long as that, the last training rows know the first test days.",
    bad: note("a forecast over 24 rows with `by_time(…, embargo: 7)`"),
    good: note("the same with `embargo: 24`"),
  },
  "trained-elsewhere": {
    doc: "A value of another model was trained on rows that are test rows here, so the score would be too good.",
    bad: note("`head found: findings = Align.seen`, where both models draw their rows at random"),
    good: note('both models with `split: by_column("split")`'),
  },
  "target-copy": {
    doc: "A column gives the target away: it is the target, renames its labels or has its numbers in another unit (an error in all rows, a warning from 99 %), or each of its values, or its empty cells, belong to one label (a warning). It was probably made from the target, and will not be known when it counts. What could be chance in so few rows is not said.",
    bad: note('a column `status` that says "closed" exactly where `fell` is "yes", and "open" elsewhere'),
    good: note("the same spec without `status` among its inputs"),
  },
  "rows-on-both-sides": {
    doc: "The same row, inputs and target, is in training and in another part, so the model can know it by heart: an error from 1 % of the part and two rows, below it a warning. Rows that are equal because there is little to tell them apart are not counted. `eval --data` says it of a table that the run was trained on.",
    bad: note("a table in which every tenth row is a copy of another"),
    good: note(
      'the same table with `group: "original"` and `split: by_group`, or read by `query("select distinct …")`',
    ),
  },
  "media-on-both-sides": {
    doc: "One file, or a copy of it under another name, belongs to rows of two parts: a picture that is judged was learned from. Where several rows ask of one picture that may be meant.",
    bad: note("a table with two questions to each picture, split at random"),
    good: note("the same table, split `by_group` on the picture"),
  },
  "group-on-both-sides": {
    doc: "A split by time lets a group, a company for instance, be in training and later in test. That is right where the same ones are predicted later, and too easy where new ones are.",
    bad: note('a split `by_time` with `group: "ticker"`'),
    good: note('the same with `apart: "ticker"`'),
  },
};

export const targetsPages: Record<keyof typeof targets, Page> = {
  "loss-mismatch": {
    doc: "Each loss is for some kinds of target: cross-entropy for classes, squared and absolute errors for numbers.",
    bad: model("head risk: fell = words { loss: mse }"),
    good: model("head risk: fell = words { loss: binary_crossentropy }"),
  },
  "metric-mismatch": {
    doc: "Each metric judges some kinds of target. `mmfc words --role metric` says which.",
    bad: model("head risk: fell = words { metrics: [accuracy, r2] }"),
    good: model("head risk: fell = words { metrics: [accuracy, f1] }"),
  },
  "nothing-to-watch": {
    doc: "Stopping early and tuning choose by validation rows. Without any they would choose by training or test rows, which says nothing or too much.",
    bad: model(
      'data { source: "calls.csv", split: random(train: 80%, test: 20%) }',
      "train { stop: early_stopping(patience: 3) }",
    ),
    good: model(
      'data { source: "calls.csv", split: random(train: 70%, validation: 15%, test: 15%) }',
      "train { stop: early_stopping(patience: 3) }",
    ),
  },
  "no-test-part": {
    doc: "The scorecard speaks of test rows, which nothing has seen or chosen by. Without them it speaks of validation rows and is a little too good.",
    bad: model('data { source: "calls.csv", split: in_order(train: 80%, validation: 20%) }'),
    good: model('data { source: "calls.csv", split: in_order(train: 70%, validation: 15%, test: 15%) }'),
  },
  "one-value": {
    doc: "All training rows have the same label. A constant would predict them all.",
    bad: note('a table whose first 70 % all have "no", split `in_order`'),
    good: note("the same table split at random"),
  },
  "not-binary": {
    doc: "A binary target has two labels. An empty or misspelt one counts as a third.",
    bad: note('a column with "yes", "no" and "unclear"'),
    good: note("the same column as a `multiclass` target"),
  },
  "positive-unknown": {
    doc: "Precision, recall and F1 speak of the positive class. `1`, `true` and `yes` are taken as positive; among other labels it is to be said.",
    bad: note('a column with "f" and "m"'),
    good: note('the same with `positive: "f"`'),
  },
  "classes-differ": {
    doc: "The classes that the spec lists are not those that the column has.",
    bad: note("`classes: 13` beside a column with fifteen labels"),
    good: note("`classes: 15`"),
  },
  "unseen-class": {
    doc: "A label occurs in validation or test rows and in no training row, so it cannot be learned.",
    bad: note("a label with two rows, both drawn into test"),
    good: note("the same table with `random(…, stratify: COLUMN)`"),
  },
  "numbers-as-classes": {
    doc: "The column holds many different numbers, each taken as a class of its own. What is more and less is lost.",
    bad: note("prices as a `multiclass` target"),
    good: note("prices as a `regression` target"),
  },
  "log-of-zero": {
    doc: "The logarithm of nothing is not a number, and that of less is none either.",
    bad: note("`transform: log` on a column with a price of 0"),
    good: note('the same with `where: "price > 0"`'),
  },
};
