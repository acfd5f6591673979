/** Pages of the parameters family. */
import type { parameters } from "../catalogue/parameters.ts";
import type { Page } from "../define.ts";
import { model, note, pair } from "./example.ts";

const clean = model();

export const parametersPages: Record<keyof typeof parameters, Page> = {
  "missing-parameter": {
    doc: "The word has no sensible default for this, so it is to be given. `mmfc explain WORD` shows an example.",
    bad: model("modality report: text { vocabulary: 5_000 }"),
    good: clean,
  },
  "argument-name": {
    doc: "An op takes its few leading arguments by position and all others by name; a name once given, names follow.",
    bad: pair("encoder vision = chart -> conv2d(8, 3x3, relu) -> flatten -> dense(16, relu, 0.2)"),
    good: pair("encoder vision = chart -> conv2d(8, 3x3, relu) -> flatten -> dense(16, relu) -> dropout(0.2)"),
  },
  "given-twice": {
    doc: "A property, an argument or an item of a list is given more than once; which one counts is not guessed.",
    bad: model("train { epochs: 5, epochs: 10 }"),
    good: model("train { epochs: 5 }"),
  },
  "value-kind": {
    doc: "The value is of another kind than the parameter takes: a string for a number, a duration for a size.",
    bad: model('train { epochs: "ten" }'),
    good: model("train { epochs: 10 }"),
  },
  "value-range": {
    doc: "The value is of the right kind, but too small or too large to mean anything here.",
    bad: model("train { epochs: 0 }"),
    good: model("train { epochs: 10 }"),
  },
  "parameter-excludes": {
    doc: "Two parameters say the same thing in two ways, or contradict each other.",
    bad: pair('modality chart: image { column: "chart", file: "{chart}", size: 32x32 }'),
    good: pair(),
  },
  "parameter-needs": {
    doc: "The parameter only means something together with another one that is not given.",
    bad: pair('modality chart: image { file: "{chart}", size: 32x32, dropout: 20% }'),
    good: pair('modality chart: image? { file: "{chart}", size: 32x32, dropout: 20% }'),
  },
  "no-effect": {
    doc: "The stage gives out what it is given. It does no harm, but suggests a shape that is not there.",
    bad: model("encoder words = report -> embedding(16) -> lstm(16) -> flatten"),
    good: clean,
  },
  "shares-sum": {
    doc: "The shares of the split are of all rows. Over 100 % some rows would be in two parts, an error; under it some are in none, a warning.",
    bad: model('data { source: "calls.csv", split: random(train: 70%, validation: 20%, test: 20%) }'),
    good: model('data { source: "calls.csv", split: random(train: 70%, validation: 15%, test: 15%) }'),
  },
  "let-default": {
    doc: "`let NAME = VALUE in CANDIDATES` is VALUE unless a search tries the others, so VALUE is one of them.",
    bad: model("let units = 8 in [16, 32]", "encoder words = report -> embedding(16) -> lstm(units)"),
    good: model("let units = 16 in [16, 32]", "encoder words = report -> embedding(16) -> lstm(units)"),
  },
  "let-candidate": {
    doc: "Every candidate of a `let` is checked before a search begins, so that no trial stops in the middle of the night.",
    bad: model(
      "let heads = 4 in [2, 4, 5]",
      "encoder words = report -> embedding(16) -> self_attention(heads: heads) -> global_average_pooling1d",
    ),
    good: model(
      "let heads = 4 in [2, 4, 8]",
      "encoder words = report -> embedding(16) -> self_attention(heads: heads) -> global_average_pooling1d",
    ),
  },
  "shared-differs": {
    doc: "A `shared block` has one set of weights wherever it is used, so all its uses read the same type.",
    bad: pair(
      "shared block tower = dense(16, relu)",
      "encoder words = report -> embedding(16) -> lstm(16) -> tower",
      "encoder vision = chart -> conv2d(8, 3x3, relu) -> global_average_pooling2d -> tower",
    ),
    good: pair(
      "shared block tower = dense(16, relu)",
      "encoder words = report -> embedding(16) -> lstm(8) -> tower",
      "encoder vision = chart -> conv2d(8, 3x3, relu) -> global_average_pooling2d -> tower",
    ),
  },
  "nothing-learns": {
    doc: "Every weight of the model is frozen, so training would change nothing.",
    bad: note("a model whose every encoder and head is `{ frozen: true }`"),
    good: note("the same model with one of them learning"),
  },
  "over-budget": {
    doc: "`budget` is an assertion about the spec as written: weights, memory, time of a step. The largest part is named, because that is where saving pays.",
    bad: note(
      "`budget { parameters: 1k }` beside an embedding of 5,000 words, 16 wide, which alone has 80,000 weights",
    ),
    good: note("`budget { parameters: 100k }` beside it"),
  },
};
