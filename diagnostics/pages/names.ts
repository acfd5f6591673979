/** Pages of the names family. */
import type { names } from "../catalogue/names.ts";
import type { Page } from "../define.ts";
import { model, pair } from "./example.ts";

const clean = model();
const encoder = (stage: string): string =>
  `encoder vision = chart -> conv2d(8, 3x3, relu) -> ${stage} -> dense(16, relu)`;

export const namesPages: Record<keyof typeof names, Page> = {
  "not-here-yet": {
    doc: "The word belongs to the language, but this version of mmfc cannot do it yet. In `evaluate`, `compare` and `budget` training goes on without it, with a warning.",
    bad: model("encoder words = report -> embedding(16) -> text_cnn(16)"),
    good: clean,
  },
  "foreign-word": {
    doc: "Another library calls it so. Where the arguments are the same the word is replaced; otherwise the editor offers the whole call.",
    bad: pair("fusion joint: mid = concat(words, vision)"),
    good: pair(),
  },
  "text-or-name": {
    doc: "Quoted means outside: files, columns, labels. Bare means a word of the language or a name of this file.",
    bad: model("target fell: binary { column: fell }"),
    good: clean,
  },
  "name-cycle": {
    doc: "Every value is made from others, back to the modalities. Here the way leads round in a circle, so that none of them can be computed.",
    bad: pair("fusion joint: mid = concatenate(words, vision, again)", "encoder again = joint -> dense(16, relu)"),
    good: pair("encoder again = joint -> dense(16, relu)", "head risk: fell = again"),
  },
  "duplicate-name": {
    doc: "In a model each value, target, `let` and block has a name of its own. A model made with `from` may replace a statement of the other by its name.",
    bad: model("+ encoder words = report -> embedding(16) -> gru(16)"),
    good: model(
      "encoder order = report -> embedding(16) -> gru(16)",
      "fusion joint: mid = concatenate(words, order)",
      "head risk: fell = joint",
    ),
  },
  "unknown-name": {
    doc: "A bare word is a name of this file, and there is none like it of the kind that belongs here. The names that are near, or those there are, stand in the help.",
    bad: pair("evaluate { baselines: [only(reprot)] }"),
    good: pair("evaluate { baselines: [only(report)] }"),
  },
  "unknown-op": {
    doc: "After `->` comes an op of the language or a block of this file. `mmfc words` lists the ops.",
    bad: model("encoder words = report -> embedding(16) -> lstn(16)"),
    good: clean,
  },
  "unknown-kind": {
    doc: "A modality and a target have one of the kinds of the language. `mmfc words --role modality` and `--role target` list them.",
    bad: pair('modality chart: imgae { file: "{chart}", size: 32x32 }'),
    good: pair(),
  },
  "unknown-parameter": {
    doc: "The word has no property or argument of this name. `mmfc explain WORD` shows those it has.",
    bad: model("train { stop: early_stopping(patiance: 3) }"),
    good: model("train { stop: early_stopping(patience: 3) }"),
  },
  "unknown-choice": {
    doc: "The property takes one of a few words, and this is none of them.",
    bad: model("modality report: text { vocabulary: 5_000, tokens: 50, pad: before }"),
    good: model("modality report: text { vocabulary: 5_000, tokens: 50, pad: pre }"),
  },
  "flow-order": {
    doc: "A flow is a value and then ops: `report -> embedding(16) -> lstm(16)`. The first word names where it starts, every later one what is done.",
    bad: pair("fusion joint: mid = concatenate(words, vision) -> chart"),
    good: pair(),
  },
  "fusion-place": {
    doc: "What joins values stands first in a `fusion` of its own, so that every fusion has a name, a word for its time and a place in the diagram.",
    bad: pair("fusion joint: mid = concatenate(words, add(words, vision))"),
    good: pair("fusion sum: mid = add(words, vision)", "fusion joint: mid = concatenate(words, sum)"),
  },
  "no-head": {
    doc: "A head says what is predicted from which value; without one there is nothing to train.",
    bad: model().replace("  head risk: fell = words\n", ""),
    good: clean,
  },
  "hidden-op": {
    doc: "A block of the file has the name of an op and is taken in its place. It works, but a reader expects the op.",
    bad: pair("block flatten = global_average_pooling2d", encoder("flatten")),
    good: pair("block squeeze = global_average_pooling2d", encoder("squeeze")),
  },
  "unused-value": {
    doc: "No head depends on it, so it is not built. Either something was to read it, or it can go.",
    bad: model("encoder spare = report -> embedding(8) -> gru(8)"),
    good: clean,
  },
};
