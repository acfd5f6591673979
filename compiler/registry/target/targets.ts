/** Kinds of target: what is predicted, its head's output, its default loss and metrics. */

import type { CallPlan } from "../../../plan/plan.ts";
import type { Dim } from "../../types/dim.ts";
import { multiply, symbol } from "../../types/dim.ts";
import { choice, column, defineWord, type Entry, either, list, type Params, plannedWords } from "../define.ts";

export interface Target extends Entry {
  readonly role: "target";
  /** Width of the head's dense. `classes`: from the spec, if it says so. */
  units(name: string, classes: number | undefined, columns: number): Dim;
  readonly activation: "sigmoid" | "softmax" | undefined;
  readonly loss: CallPlan;
  readonly metrics: readonly CallPlan[];
  /** A prediction is a class, so members can vote. */
  readonly classifies: boolean;
}

const common: Params = {
  column: column("Column of the table; its own name if not given.", { excludes: ["columns"] }),
  na: either("Cells that mean: not known.", {
    kinds: [
      { is: "string", what: "the text of a cell" },
      { is: "number" },
      { is: "list", of: { is: "either", kinds: [{ is: "string", what: "the text of a cell" }, { is: "number" }] } },
    ],
  }),
  from: { doc: "Another table.", kind: { is: "boolean" }, later: true },
  key: { doc: "The column on which the tables match.", kind: { is: "boolean" }, later: true },
  window: { doc: "Rows before this row's time.", kind: { is: "boolean" }, later: true },
  count: { doc: "A label for each item.", kind: { is: "boolean" }, later: true },
};
const columns = list("Several columns.", { of: { is: "column" }, min: 1, excludes: ["column"] });
const classWeight = choice("balanced: every class weighs the same in the loss, however rare.", {
  of: ["none", "balanced"],
  default: "none",
});
const classes = either("The labels in order, or their number; without it, those of the training rows.", {
  kinds: [
    { is: "int", min: 2 },
    { is: "list", of: { is: "string", what: "a label" }, min: 2 },
  ],
});

const planned = (name: string) => plannedWords("target", name)[0] as Target;

export const targets: readonly Target[] = [
  defineWord({
    name: "binary",
    role: "target" as const,
    doc: "Yes or no: a column of two labels.",
    example: 'target defaulted: binary { column: "default_12m", positive: "yes" }',
    params: {
      ...common,
      positive: either("The label that counts as yes; `1`, `true` or `yes` if the column has it.", {
        kinds: [{ is: "string", what: "a label" }, { is: "int" }, { is: "boolean" }],
      }),
      classes: list("Both labels.", { of: { is: "string", what: "a label" }, min: 2, max: 2 }),
      class_weight: classWeight,
    },
    units: () => 1,
    activation: "sigmoid" as const,
    loss: "binary_crossentropy",
    metrics: ["accuracy", "f1", "mcc", "roc_auc"],
    classifies: true,
  }),
  defineWord({
    name: "multiclass",
    role: "target" as const,
    doc: "One of several classes.",
    example: 'target digit: multiclass { column: "digit", classes: 10 }',
    params: { ...common, classes, class_weight: classWeight },
    units: (name, n) => n ?? symbol(`${name}.classes`),
    activation: "softmax" as const,
    loss: "categorical_crossentropy",
    metrics: ["accuracy", { f1: { average: "macro" } }],
    classifies: true,
  }),
  defineWord({
    name: "multilabel",
    role: "target" as const,
    doc: "Any number of labels at once: a JSON list, or one 0/1 column a label.",
    example: 'target topics: multilabel { columns: ["tax", "merger"] }',
    params: { ...common, columns, classes, class_weight: classWeight },
    units: (name, n, cols) => (cols > 1 ? cols : (n ?? symbol(`${name}.classes`))),
    activation: "sigmoid" as const,
    loss: "binary_crossentropy",
    metrics: [{ f1: { average: "macro" } }, "roc_auc"],
    classifies: true,
  }),
  defineWord({
    name: "regression",
    role: "target" as const,
    doc: "One number, or several.",
    example: 'target price: regression { column: "price", transform: log }',
    params: {
      ...common,
      columns,
      transform: choice("The loss is on the transformed value; metrics are in the column's own units.", {
        of: ["none", "log", "standard"],
        default: "none",
      }),
    },
    units: (_name, _n, cols) => multiply(cols, 1),
    activation: undefined,
    loss: "mse",
    metrics: ["mae", "rmse", "r2"],
    classifies: false,
  }),
  planned("ordinal"),
  planned("forecast"),
  planned("pairs"),
];
