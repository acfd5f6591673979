/** Pages of the syntax family. */
import type { syntax } from "../catalogue/syntax.ts";
import type { Page } from "../define.ts";
import { model, note, pair } from "./example.ts";

const clean = model();

export const syntaxPages: Record<keyof typeof syntax, Page> = {
  "not-text": {
    doc: "A spec and a table are UTF-8 text. This file has a byte that UTF-8 does not: it is a picture, an archive, or text in another encoding such as GB18030 or Latin-1.",
    bad: note("a spec saved as GB18030"),
    good: note("the same spec saved as UTF-8"),
  },
  "spec-too-large": {
    doc: "A spec is written and read by people; over a megabyte, or with brackets a hundred deep, it is something else. Parts that several specs share go into files of their own.",
    bad: note("a spec of 2 MB"),
    good: note('the same spec in parts, joined with `use "blocks.mmf"`'),
  },
  "full-width-sign": {
    doc: "An input method for Chinese, Japanese or Korean wrote a full-width sign where the language has an ASCII one. The statement is read as meant; names and texts may be in any script.",
    bad: model("modality report：text { vocabulary: 5_000, tokens: 50 }"),
    good: clean,
  },
  "quote-form": {
    doc: "Strings stand in straight double quotes. Single and curly quotes are read as meant.",
    bad: model("data { source: 'calls.csv' }"),
    good: clean,
  },
  "arrow-form": {
    doc: "A flow goes from stage to stage with `->`. Other arrows are read as meant.",
    bad: model("encoder words = report → embedding(16) -> lstm(16)"),
    good: clean,
  },
  "size-form": {
    doc: "A size is one word, height x width, as tensors are: `150x150`. Other ways to write it are read as meant.",
    bad: pair('modality chart: image { file: "{chart}", size: 32×32 }'),
    good: pair(),
  },
  "comment-form": {
    doc: "A comment starts with `//` and goes to the end of its line; `/* */` spans lines, `///` documents the declaration that follows.",
    bad: model('data { source: "calls.csv" } # one row, one call'),
    good: model('data { source: "calls.csv" } // one row, one call'),
  },
  "spaced-value": {
    doc: "A number and its unit are one word, without a space: `70%`, `30d`, `16kHz`, `1/255`.",
    bad: model('data { source: "calls.csv", split: random(train: 70 %, validation: 15%, test: 15%) }'),
    good: model('data { source: "calls.csv", split: random(train: 70%, validation: 15%, test: 15%) }'),
  },
  "colon-or-equals": {
    doc: "`:` says what something is, `=` says what it comes from. Properties and arguments take `:`, definitions take `=`.",
    bad: model('data { source = "calls.csv" }'),
    good: clean,
  },
  "missing-sign": {
    doc: "Between two things a sign is missing that only one can be: a comma between arguments, a colon behind a property, an arrow between stages.",
    bad: pair("fusion joint: mid = concatenate(words vision)"),
    good: pair(),
  },
  "extra-bracket": {
    doc: "A closing bracket has no opening one. The rest is read as if it were not there.",
    bad: `${clean}}\n`,
    good: clean,
  },
  "not-closed": {
    doc: "A bracket, a string or a comment opens and does not close, or another sign closes it. The statement that follows is read again from its first word.",
    bad: model("encoder words = report -> embedding(16) -> lstm(16"),
    good: clean,
  },
  "number-form": {
    doc: "Something starts like a number and is none. Thousands are marked with `_`, minutes are `min`, units keep their case (`16kHz`).",
    bad: model("modality report: text { vocabulary: 5,000, tokens: 50 }"),
    good: clean,
  },
  "escape-form": {
    doc: 'In a string `\\` starts an escape, as in JSON: `\\n`, `\\"`, `\\\\`, `\\u00e9`. In paths `/` works on every system.',
    bad: model('data { source: "data\\calls.csv" }'),
    good: model('data { source: "data/calls.csv" }'),
  },
  "stray-character": {
    doc: "A character that the language does not use, perhaps an invisible one that came with copied text. It is skipped.",
    bad: model('data { source: "calls.csv" };'),
    good: clean,
  },
  "name-form": {
    doc: "A name has letters of any script, digits and `_`, and does not start with a digit. Words that start a statement are no names.",
    bad: model("head my-risk: fell = words").replace("  head risk: fell = words\n", ""),
    good: model("head my_risk: fell = words").replace("  head risk: fell = words\n", ""),
  },
  "statement-start": {
    doc: "A statement starts with one of the words of the language: outside a model `use`, `model`, `compare`, `block`; inside `data`, `modality`, `target`, `encoder`, `fusion`, `head`, `let`, `train`, `evaluate`, `budget`, `compare`, `block`.",
    bad: model("trian { epochs: 5 }"),
    good: model("train { epochs: 5 }"),
  },
  "missing-kind": {
    doc: "A modality, a target, a fusion and a head say what they are behind a colon: `modality chart: image`, `fusion joint: mid`, `head risk: fell`.",
    bad: pair("fusion joint = concatenate(words, vision)"),
    good: pair(),
  },
  "unexpected-text": {
    doc: "Something stands where the grammar has something else, and no more special message applies. What would fit is in the message.",
    bad: model("train { epochs: }"),
    good: model("train { epochs: 5 }"),
  },
  "ignore-comment": {
    doc: "`// mmfc-ignore CODE: reason` silences a warning or a note of the statement it stands above or behind; several codes stand side by side with commas. A comment that silences nothing would hide the next mistake, so it is one itself.",
    bad: model(
      "// mmfc-ignore unused-value: kept for a second head\nencoder words = report -> embedding(16) -> lstm(16)",
    ),
    good: clean,
    beside: "encoder words",
  },
};
