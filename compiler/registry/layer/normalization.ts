/** Normalizations and dropouts: the shape stays. */

import { lastAxis } from "../../types/type.ts";
import { defineOp, number, type Op, type StageContext, share } from "../define.ts";
import { needsFeatures, needsSequence } from "../problems.ts";

const rate = share("Share that is set to 0 in training.", { below: 1, required: true });
const epsilon = number("Keeps the division safe.", { above: 0, default: 1e-3 });

function dropsNothing(context: StageContext): void {
  if (context.args.number("rate") === 0) context.note("no-effect", { text: context.text, why: "it drops nothing" });
}

export const normalizationOps: readonly Op[] = [
  defineOp({
    name: "batch_normalization",
    role: "layer",
    doc: "Brings every feature to mean 0 and deviation 1 over the batch (in use: over what training has seen), then scales and shifts it by learned weights.",
    source: "Ioffe & Szegedy 2015; Keras BatchNormalization",
    example: "chart -> conv2d(32, 3x3) -> batch_normalization -> relu",
    params: { momentum: share("Weight of the past in the moving statistics.", { default: 0.99 }), epsilon },
    infer: (context) => (needsFeatures(context) ? context.input.type : undefined),
    weights({ inputs }) {
      const shape = [lastAxis(inputs[0]!)!.size];
      return [
        { name: "gamma", shape, trainable: true },
        { name: "beta", shape, trainable: true },
        { name: "moving_mean", shape, trainable: false },
        { name: "moving_variance", shape, trainable: false },
      ];
    },
  }),
  defineOp({
    name: "layer_normalization",
    role: "layer",
    doc: "Brings the last axis of every row and step to mean 0 and deviation 1, then scales and shifts it by learned weights.",
    source: "Ba, Kiros & Hinton 2016; Keras LayerNormalization",
    example: "words -> dense(64) -> layer_normalization",
    params: { epsilon },
    infer: (context) => (needsFeatures(context) ? context.input.type : undefined),
    weights({ inputs }) {
      const shape = [lastAxis(inputs[0]!)!.size];
      return [
        { name: "gamma", shape, trainable: true },
        { name: "beta", shape, trainable: true },
      ];
    },
  }),
  defineOp({
    name: "dropout",
    role: "layer",
    doc: "Sets a share of the values to 0 in training and scales the rest up; does nothing in use.",
    source: "Srivastava et al. 2014; Keras Dropout",
    example: "words -> dense(64, relu) -> dropout(0.3)",
    positional: 1,
    params: { rate },
    infer(context) {
      dropsNothing(context);
      return context.input.type;
    },
  }),
  defineOp({
    name: "spatial_dropout1d",
    role: "layer",
    doc: "Sets whole features of a sequence to 0 in training.",
    source: "Keras SpatialDropout1D",
    example: "report -> embedding(64) -> spatial_dropout1d(0.2)",
    positional: 1,
    params: { rate },
    infer(context) {
      if (!needsSequence(context, { vector: `dropout(${context.args.number("rate")})` })) return undefined;
      dropsNothing(context);
      return context.input.type;
    },
  }),
];
