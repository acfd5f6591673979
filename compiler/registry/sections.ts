/** The sections and the properties of definitions, described with the same parameters as ops. */
import {
  boolean,
  call,
  column,
  defineWord,
  type Entry,
  either,
  int,
  later,
  list,
  number,
  type Param,
  string,
} from "./define.ts";

const section = (name: string, doc: string, params: Entry["params"]): Entry =>
  defineWord({ name, role: "section", doc, params });
const properties = (name: string, doc: string, params: Entry["params"]): Entry =>
  defineWord({ name, role: "properties", doc, params });

export const sections: { readonly [word: string]: Entry } = {
  data: section("data", "Where the rows are and how they are parted.", {
    source: either('The table: CSV, TSV, JSON lines, Parquet, files(…), query("…") or folders("…").', {
      kinds: [{ is: "path" }, { is: "call", roles: ["source"] }],
      required: true,
    }),
    media: either("Where media files are: a folder, an archive, or a list of them; the table's folder if not given.", {
      kinds: [{ is: "path" }, { is: "list", of: { is: "path" }, min: 1 }, { is: "call", roles: ["source"] }],
    }),
    id: column("Column that names the rows; `id` if there is one, else the row number."),
    time: either("Column that orders the rows, or `row`: their order in the table.", {
      kinds: [{ is: "column" }, { is: "choice", of: ["row"] }],
    }),
    group: column("Column of what belongs together."),
    where: string("SQL condition that rows must pass.", { what: "an SQL condition" }),
    header: boolean("false: the table has no header; columns are column0, column1 …", { default: true }),
    stride: later("Every n-th row is an example."),
    split: call("How rows are parted into train, validation and test.", { roles: ["split"] }),
  }),
  train: section("train", "How the model is trained.", {
    optimizer: call("What turns gradients into steps.", {
      roles: ["optimizer"],
      default: { word: "adam", args: { learning_rate: 1e-3, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 } },
    }),
    schedule: call("How the learning rate changes.", {
      roles: ["schedule"],
      default: { word: "constant", args: { warmup: 0 } },
    }),
    epochs: int("Passes over the training rows.", { min: 1, default: 10 }),
    batch_size: int("Rows a step.", { min: 1, default: 32 }),
    stop: call("When to stop early.", { roles: ["stop"] }),
    clip: call("Limits the gradients.", { roles: ["clip"] }),
    seed: int("Draws weights, order, dropout and augmentation.", { min: 0, default: 0 }),
    ema: later("Moving average of the weights."),
    precision: later("float32 or mixed."),
    tune: later("Searches the candidates of `let … in`."),
    balance_heads: later("Weights of the heads' losses."),
    balance_modalities: later("Keeps one modality from crowding out the others."),
    accumulate: later("Steps whose gradients are added up."),
    sampling: later("Draws rare classes more often."),
    add_loss: later("Losses between values."),
  }),
  evaluate: section("evaluate", "How the model is judged.", {
    baselines: list("Floors beside the model.", { of: { is: "call", roles: ["baseline"] } }),
    bootstrap: int("Resamples of the test rows for the 95 % interval.", { min: 0, default: 1000 }),
    ablate: later("Trains again without each modality."),
    hide: later("Hides modalities at prediction."),
    corrupt: later("Damages inputs at growing strength."),
    calibrate: later("Corrects the probabilities."),
    by: later("Metrics of subgroups."),
  }),
  budget: section("budget", "Assertions about size and speed.", {
    parameters: later("Most weights."),
    memory: later("Most memory."),
    step: later("Longest training step."),
  }),
};

const learning: { readonly [name: string]: Param } = {
  frozen: either("Its weights do not learn.", {
    kinds: [{ is: "boolean" }, { is: "planned", kind: { is: "int", min: 1 } }],
    default: false,
  }),
  learning_rate: number("A rate of its own in place of the optimizer's.", { above: 0 }),
};

/** Properties in braces behind a definition. */
export const definitionProperties: { readonly [word: string]: Entry } = {
  encoder: properties("encoder", "Reads a modality, an encoder, or an early or mid fusion.", learning),
  fusion: properties("fusion", "Joins values.", learning),
  head: properties("head", "Predicts a target.", {
    loss: call("What is made small.", { roles: ["loss"] }),
    loss_weight: number("Weight of its loss among the heads.", { min: 0, default: 1 }),
    metrics: list("What is reported.", { of: { is: "call", roles: ["metric"] }, min: 1 }),
    auxiliary: boolean("Trained and reported, not an output.", { default: false }),
  }),
};
