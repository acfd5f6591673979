/** Pages of the shapes family. */
import type { shapes } from "../catalogue/shapes.ts";
import type { Page } from "../define.ts";
import { model, note, pair } from "./example.ts";

const clean = model();

export const shapesPages: Record<keyof typeof shapes, Page> = {
  "ids-or-numbers": {
    doc: "Text comes as token ids, numbers that only name words. `embedding` and `one_hot` make vectors of them; all other ops read numbers.",
    bad: model("encoder words = report -> dense(16) -> global_average_pooling1d"),
    good: clean,
  },
  "no-sequence": {
    doc: "A recurrent or sequence op steps along an axis (tokens, time, frames). This value is one vector a row: the sequence was flattened or pooled before.",
    bad: pair("encoder vision = chart -> conv2d(8, 3x3, relu) -> flatten -> lstm(16)"),
    good: pair(),
  },
  "rank-mismatch": {
    doc: "Each op reads a certain number of axes: 1-D convolutions a sequence of vectors, 2-D ones a picture with channels. The value has more or fewer.",
    bad: pair("encoder vision = chart -> conv1d(8, 3, relu) -> flatten -> dense(16, relu)"),
    good: pair(),
  },
  "axes-left-over": {
    doc: "A head makes one prediction a row, so it reads one vector a row. An axis is left over; a pooling, `flatten` or `last_step` brings it to an end.",
    bad: model("encoder words = report -> embedding(16)"),
    good: model("encoder words = report -> embedding(16) -> global_average_pooling1d"),
  },
  "kernel-too-large": {
    doc: "The window of a convolution or pooling is larger than what it slides over, so there is no place to put it.",
    bad: pair("encoder vision = chart -> conv2d(8, 40x40, relu) -> flatten -> dense(16, relu)"),
    good: pair(),
  },
  "not-divisible": {
    doc: "The axis is cut into equal pieces, patches or attention heads, and this number leaves a rest. The nearest ones that divide stand in the help.",
    bad: pair("encoder vision = chart -> patches(5x5, dim: 16) -> global_average_pooling1d"),
    good: pair("encoder vision = chart -> patches(8x8, dim: 16) -> global_average_pooling1d"),
  },
  "size-unknown": {
    doc: "A size is known only once the data is read, the length of the vocabulary for instance, and this op needs it as a number before. A pooling does without.",
    bad: model(
      "modality report: text { tokens: 50 }",
      "encoder words = report -> one_hot -> flatten -> dense(16, relu)",
    ),
    good: model(
      "modality report: text { tokens: 50 }",
      "encoder words = report -> one_hot -> global_average_pooling1d -> dense(16, relu)",
    ),
  },
  "annotation-differs": {
    doc: "The type written behind a name is checked against the type that its flow gives. Either the annotation or the flow is to change.",
    bad: model("encoder words: f32[B, features=32] = report -> embedding(16) -> lstm(16)"),
    good: model("encoder words: f32[B, features=16] = report -> embedding(16) -> lstm(16)"),
  },
  "reshape-differs": {
    doc: "`reshape` keeps every value, so the product of the new sizes is that of the old ones. One size may be -1: the rest.",
    bad: pair("encoder vision = chart -> reshape(rows: 32, values: 90) -> lstm(16)"),
    good: pair("encoder vision = chart -> reshape(rows: 32, values: 96) -> lstm(16)"),
  },
  "axis-names": {
    doc: "Axes are called by their names. `permute` names every axis but `B` exactly once, `rename` one that is there.",
    bad: pair(
      "encoder vision = chart -> permute(width, hieght, channels) -> conv2d(8, 3x3, relu) -> flatten -> dense(16, relu)",
    ),
    good: pair(
      "encoder vision = chart -> permute(width, height, channels) -> conv2d(8, 3x3, relu) -> flatten -> dense(16, relu)",
    ),
  },
  "branches-differ": {
    doc: "Branches that are added, multiplied or averaged have equal shapes. A convolution without `padding: same` makes its branch smaller.",
    bad: pair(
      "encoder vision = chart -> conv2d(8, 3x3, relu) -> residual(conv2d(8, 3x3, relu)) -> flatten -> dense(16, relu)",
    ),
    good: pair(
      "encoder vision = chart -> conv2d(8, 3x3, relu) -> residual(conv2d(8, 3x3, relu, padding: same)) -> flatten -> dense(16, relu)",
    ),
  },
  "pretrained-differs": {
    doc: "A pretrained model reads what it was trained on: its own tokenizer, its size of picture, at most so many tokens.",
    bad: note("a text of 600 tokens before a pretrained model that has 512 positions"),
    good: note("the same text with `tokens: 512`"),
  },
  "double-output": {
    doc: "A head adds the last `dense` and the activation that its target needs. An encoder that ends in one of its own squeezes everything through a single number first.",
    bad: model("encoder words = report -> embedding(16) -> lstm(16) -> dense(1, sigmoid)"),
    good: clean,
  },
};
