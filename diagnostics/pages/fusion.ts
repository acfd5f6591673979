/** Pages of the fusion and absence families. */
import type { absence, fusion } from "../catalogue/fusion.ts";
import type { Page } from "../define.ts";
import { model, note, pair } from "./example.ts";

const late = (sources: string): string[] => ["head says: fell = words", `fusion joint: late = average(${sources})`];

export const fusionPages: Record<keyof typeof fusion, Page> = {
  "late-sources": {
    doc: "A late fusion joins predictions, so its sources are heads, and all of one target.",
    bad: pair(...late("says, vision")),
    good: pair("head shows: fell = vision", ...late("says, shows")),
  },
  "fusion-kind-mismatch": {
    doc: "Early joins inputs, mid joins what encoders made of them, late joins predictions. The sources decide which it is; the word has to say the same.",
    bad: pair("fusion joint: early = concatenate(words, vision)"),
    good: pair(),
  },
  "fusion-kind-op": {
    doc: "Some ops join values, some join predictions. `vote`, `product` and `stacking` are for late fusions; `concatenate`, `gated` and their like for early and mid ones.",
    bad: pair("fusion joint: mid = vote(words, vision)"),
    good: pair(),
  },
  "fusion-sources": {
    doc: "The op joins another number of values: most take two or more, some exactly two.",
    bad: model("fusion joint: mid = gated(words, dim: 16)", "head risk: fell = joint"),
    good: pair("fusion joint: mid = gated(words, vision, dim: 16)"),
  },
  "fusion-axes-mismatch": {
    doc: "The op joins values with the same axes, and one of them has others. A pooling ends an axis; `sequence` and `attention` ops can read several.",
    bad: pair("encoder vision = chart -> patches(8x8, dim: 16)", "fusion joint: mid = gated(words, vision, dim: 16)"),
    good: pair(
      "encoder vision = chart -> patches(8x8, dim: 16) -> global_average_pooling1d",
      "fusion joint: mid = gated(words, vision, dim: 16)",
    ),
  },
  "fusion-shape-mismatch": {
    doc: "Values that are added, multiplied or averaged are equally wide. A `dense` brings one to the width of the other; `concatenate` takes any widths.",
    bad: pair(
      "encoder vision = chart -> conv2d(8, 3x3, relu) -> flatten -> dense(32, relu)",
      "fusion joint: mid = add(words, vision)",
    ),
    good: pair("fusion joint: mid = add(words, vision)"),
  },
  "width-explosion": {
    doc: "The result would be so wide that the layer behind it cannot be trained in any sensible time or memory. The op in the help has the same idea and far fewer numbers.",
    bad: model(
      "modality report: text { vocabulary: 200_000, tokens: 50 }",
      "encoder words = report -> one_hot -> lstm(16)",
    ),
    good: model("modality report: text { vocabulary: 200_000, tokens: 50 }"),
  },
};

export const absencePages: Record<keyof typeof absence, Page> = {
  "fusion-refuses-absent": {
    doc: "A modality with `?` is absent in some rows, and so is all that is made of it. Some fusions can leave a source out, weighing the others; this one cannot.",
    bad: pair('modality chart: image? { file: "{chart}", size: 32x32 }', "fusion joint: mid = multiply(words, vision)"),
    good: pair('modality chart: image? { file: "{chart}", size: 32x32 }', "fusion joint: mid = average(words, vision)"),
  },
  "optional-head": {
    doc: "Where everything a head reads is absent, it has nothing to predict from. Such a head may feed a late fusion with one that is always there, or be auxiliary.",
    bad: model("modality report: text? { vocabulary: 5_000, tokens: 50 }"),
    good: model(),
  },
  "never-present": {
    doc: "An optional modality that no training row has cannot be learned from. Mostly the column or the file names are not what was meant.",
    bad: note('a `modality call: audio? { file: "{call}.wav" }` where all files end in `.flac`'),
    good: note('the same with `"{call}.flac"`'),
  },
};
