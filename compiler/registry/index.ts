/** The registry: every word of the language that is not grammar, by role. */
import { attentionOps } from "./attention/attention.ts";
import { augments, baselines, sounds, sources, splits } from "./data.ts";
import { type Entry, type Fusion, type Op, plannedWords, type Role } from "./define.ts";
import { featureOps } from "./feature/features.ts";
import { fusions as fusionList } from "./fusion/fusions.ts";
import { lateFusions as lateList } from "./fusion/late.ts";
import { activationOps } from "./layer/activations.ts";
import { conv1d, conv2d } from "./layer/convolution.ts";
import { dense } from "./layer/dense.ts";
import { normalizationOps } from "./layer/normalization.ts";
import { poolingOps } from "./layer/pooling.ts";
import { losses as lossList } from "./loss/losses.ts";
import { metrics as metricList } from "./metric/metrics.ts";
import { modalities as modalityList } from "./modality/index.ts";
import { bidirectional, gru, lstm } from "./recurrent/recurrent.ts";
import { shapeOps } from "./shape/shapes.ts";
import { structureOps } from "./structure/structure.ts";
import { targets as targetList } from "./target/targets.ts";
import { clips, optimizers, schedules, stops } from "./training.ts";

const byName = <E extends Entry>(entries: readonly E[]): ReadonlyMap<string, E> =>
  new Map(entries.map((e) => [e.name, e]));

/** Ops of flows, those of later versions included (they have `later`). */
export const ops: ReadonlyMap<string, Op> = byName([
  ...featureOps,
  ...shapeOps,
  dense,
  conv1d,
  conv2d,
  ...poolingOps,
  ...normalizationOps,
  ...activationOps,
  lstm,
  gru,
  bidirectional,
  ...attentionOps,
  ...structureOps,
  ...(plannedWords(
    "layer",
    "pretrained",
    "column_tokens",
    "delta",
    "conv3d",
    "separable_conv2d",
    "depthwise_conv2d",
    "max_pooling3d",
    "average_pooling3d",
    "global_max_pooling3d",
    "global_average_pooling3d",
    "conv_lstm2d",
    "text_cnn",
    "tcn",
    "resnet",
    "mobilenet",
    "vit",
    "tab_resnet",
    "ft_transformer",
    "dlinear",
    "patch_tst",
    "n_beats",
  ) as Op[]),
]);

export const fusions: ReadonlyMap<string, Fusion> = byName([
  ...fusionList,
  ...(plannedWords(
    "fusion",
    "cross_attention",
    "crossmodal",
    "exchange",
    "bilinear",
    "tensor",
    "low_rank",
    "film",
    "perceiver",
    "mixture",
    "similarity",
  ) as Fusion[]),
]);

/** For words that this version lacks, those it has that do something like it. */
export const standIns: { readonly [word: string]: readonly string[] } = {
  cross_attention: ["attention"],
  crossmodal: ["attention"],
  exchange: ["attention"],
  perceiver: ["attention"],
  bilinear: ["gated"],
  tensor: ["gated"],
  low_rank: ["gated"],
  film: ["gated"],
  mixture: ["gated"],
  separable_conv2d: ["conv2d"],
  depthwise_conv2d: ["conv2d"],
  text_cnn: ["conv1d"],
  tcn: ["conv1d"],
  resnet: ["residual"],
  mobilenet: ["conv2d"],
  vit: ["patches", "transformer"],
  ft_transformer: ["dense"],
  tab_resnet: ["residual"],
  stacking: ["weighted_average"],
  ordinal: ["multiclass"],
  leave_one_group_out: ["by_group"],
};

export const lateFusions: ReadonlyMap<string, Fusion> = byName([
  ...lateList,
  ...(plannedWords("late", "maximum", "stacking") as Fusion[]),
]);

export const modalities = byName(modalityList);
export const targets = byName(targetList);
export const losses = byName(lossList);
export const metrics = byName(metricList);

const callWords: { readonly [role: string]: ReadonlyMap<string, Entry> } = {
  loss: losses,
  metric: metrics,
  optimizer: byName(optimizers),
  schedule: byName(schedules),
  augment: byName(augments),
  split: byName(splits),
  baseline: byName(baselines),
  source: byName(sources),
  stop: byName(stops),
  clip: byName(clips),
  sound: byName(sounds),
};

/** The words that may stand where a call of these roles is wanted. */
export function wordsOf(roles: readonly Role[]): ReadonlyMap<string, Entry> {
  if (roles.length === 1) return callWords[roles[0] as string] ?? new Map();
  return new Map(roles.flatMap((role) => [...(callWords[role] ?? [])]));
}

/** Every entry, for documentation, highlighting and the tests that run for each. */
export function allEntries(): Entry[] {
  return [
    ...modalityList,
    ...ops.values(),
    ...fusions.values(),
    ...lateFusions.values(),
    ...targetList,
    ...Object.values(callWords).flatMap((m) => [...m.values()]),
  ];
}

export { augments, baselines } from "./data.ts";
export { definitionProperties, sections } from "./sections.ts";
