/**
 * Every word of the language that this version lacks gives one not-here-yet at its place: an error, or a warning in
 * `evaluate`, `compare` and `budget`. The list is language.md's and words.md's, not the registry's; a word that has
 * come moves out of it.
 */
import { describe, expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";

const host = { read: () => undefined, list: () => [] };

/** A clean spec with a slot for each kind of word. */
const slots = {
  data: "",
  split: "random",
  text: "tokens: 20",
  image: "size: 32x32",
  audio: "rate: 8kHz, length: 1s, features: mel(bands: 16)",
  tabular: 'numeric: ["a", "b"]',
  vector: "dim: 8",
  target: "binary",
  number: "regression",
  words: "embedding(16) -> lstm(16)",
  sight: "conv2d(8, 3x3) -> global_average_pooling2d -> dense(16)",
  sound: "conv1d(8, 3) -> global_average_pooling1d -> dense(16)",
  facts: "dense(16)",
  props: "",
  join: "add(words, sight, sound, facts, known)",
  late: "average(one, two)",
  loss: "",
  metrics: "metrics: [accuracy]",
  metrics2: "metrics: [mae]",
  train: "",
  evaluate: "",
  model: "",
  file: "",
};
type Slot = keyof typeof slots;

function spec(slot: Slot, text: string): string {
  const s = { ...slots, [slot]: text };
  return `model M {
  data { source: "t.csv", time: "t", group: "g", split: ${s.split} ${s.data && `, ${s.data}`} }
  modality note: text { ${s.text} }
  modality photo: image { ${s.image} }
  modality call: audio { ${s.audio} }
  modality sheet: tabular { ${s.tabular} }
  modality vec: vector { ${s.vector} }
  target label: ${s.target}
  target value: ${s.number}
  encoder words = note -> ${s.words} ${s.props}
  encoder sight = photo -> ${s.sight}
  encoder sound = call -> ${s.sound}
  encoder facts = sheet -> ${s.facts}
  encoder known = vec -> dense(16)
  fusion joint: mid = ${s.join} -> dense(16)
  head one: label = words { ${s.metrics} ${s.loss} }
  head two: label = joint
  fusion both: late = ${s.late}
  head out: label = both
  head number: value = joint { ${s.metrics2} }
  train { ${s.train} }
  evaluate { ${s.evaluate} }
  ${s.model}
}
${s.file}`;
}

const many = "words, sight, sound, facts, known";
/** Slot, what is written, what is marked. */
const lacking: readonly (readonly [Slot, string, string])[] = [
  ...[
    'pretrained("bert/", pool: mean)',
    "text_cnn(16)",
    "text_cnn(16, widths: [3, 4])",
    "embedding(16) -> tcn(16, layers: 2) -> global_average_pooling1d",
    "embedding(16) -> delta -> lstm(16)",
    "embedding(16) -> dlinear(4)",
    "embedding(16) -> patch_tst(4, dim: 16, layers: 1, heads: 2)",
    "embedding(16) -> n_beats(blocks: 2, width: 16)",
  ].map(
    (t) => ["words", t, /(?:^|-> )(pretrained|text_cnn|tcn|delta|dlinear|patch_tst|n_beats)/.exec(t)![1]!] as const,
  ),
  ["words", 'embedding(16, vectors: word2vec("w.txt")) -> lstm(16)', "vectors"],
  ["words", 'embedding(16, vectors: glove("g.txt")) -> lstm(16)', "vectors"],
  ...[
    "resnet(18)",
    "mobilenet",
    "vit(patch: 8x8, dim: 16, layers: 1, heads: 2)",
    "separable_conv2d(8, 3x3) -> flatten",
    "depthwise_conv2d(3x3, 2) -> flatten",
    "conv3d(8, 3x3x3) -> global_average_pooling3d",
    "max_pooling3d(2) -> flatten",
    "average_pooling3d(2) -> flatten",
    "global_max_pooling3d",
    "global_average_pooling3d",
    "conv_lstm2d(8, 3x3) -> flatten",
  ].map((t) => ["sight", t, /^\w+/.exec(t)![0]] as const),
  ...[
    "column_tokens(16) -> transformer(layers: 1, heads: 2)",
    "tab_resnet(16, blocks: 2)",
    "ft_transformer(16, layers: 1, heads: 2)",
  ].map((t) => ["facts", t, /^\w+/.exec(t)![0]] as const),
  ...[
    "cross_attention(words, sight, heads: 4)",
    `crossmodal(${many}, heads: 4, layers: 2)`,
    `exchange(${many}, tokens: 4, heads: 4, layers: 1)`,
    "bilinear(words, sight, dim: 16)",
    `tensor(${many})`,
    `low_rank(${many}, rank: 4, dim: 16)`,
    "film(words, facts)",
    `perceiver(${many}, latents: 4, dim: 16, heads: 4)`,
    `mixture(${many}, experts: 4, dim: 16)`,
    "similarity(words, sight)",
  ].map((t) => ["join", t, /^\w+/.exec(t)![0]] as const),
  ["late", "maximum(one, two)", "maximum"],
  ["late", "stacking(one, two)", "stacking"],
  ["target", "ordinal { classes: 5 }", "ordinal"],
  ["target", "pairs", "pairs"],
  ["number", 'forecast { column: "v", horizon: 24 }', "forecast"],
  ["split", "folds(5)", "folds"],
  ["split", "folds(5, validation: 10%)", "folds"],
  ["split", "leave_one_group_out", "leave_one_group_out"],
  ["data", "stride: 7", "stride"],
  ...['tokenizer: wordpiece("v.txt")', 'tokenizer: bpe("m.txt")', 'tokenizer: pretrained("bert/")'].map(
    (t) => ["text", `tokens: 20, ${t}`, /: (\w+)/.exec(t)![1]!] as const,
  ),
  ...(["text", "image", "audio", "vector"] as const).flatMap((slot) =>
    [
      'from: "other.csv"',
      'key: "k"',
      'time: "day"',
      "window: 5d",
      "window: 20",
      "as_of: at",
      "every: 1d",
      "every: prices",
    ].map((t) => [slot, `${slots[slot]}, ${t}`, /^\w+/.exec(t)![0]] as const),
  ),
  ["tabular", `${slots.tabular}, from: "other.csv"`, "from"],
  ["image", 'size: 32x32, draw: candles(open: "o", high: "h", low: "l", close: "c", volume: "v", average: 20)', "draw"],
  ["image", "size: 32x32, augment: [mixup(0.2)]", "mixup"],
  ["image", 'size: 32x32, normalize: pretrained("vit/")', "pretrained"],
  ["image", 'size: 32x32, file: "a.npy", index: span("start", "n")', "span"],
  ["props", "{ frozen: 2 }", "2"],
  ["sound", "conv1d(8, 3) -> delta -> global_average_pooling1d -> dense(16)", "delta"],
  ...["corn", "cumulative", "contrastive"].map((t) => ["loss", `loss: ${t}`, t] as const),
  ...["quantile(levels: [0.1, 0.5, 0.9])", "gaussian_nll", "student_nll", "tweedie(power: 1.5)"].map(
    (t) => ["metrics2", `metrics: [mae], loss: ${t}`, /^\w+/.exec(t)![0]] as const,
  ),
  ...["spearman", "kendall", "pinball", "qlike", "information_coefficient", "hit_rate", "sharpe"].map(
    (t) => ["metrics2", `metrics: [${t}]`, t] as const,
  ),
  ["metrics", "metrics: [recall(at: 1)]", "at"],
  ...["nadam", "adagrad", "adadelta", "adamax", "lion", "adafactor"].map(
    (t) => ["train", `optimizer: ${t}(1e-3)`, t] as const,
  ),
  ...[
    "linear",
    "linear(warmup: 5%)",
    "step(every: 5, factor: 0.5)",
    "one_cycle(max: 1e-2)",
    "reduce_on_plateau(patience: 2, factor: 0.5)",
  ].map((t) => ["train", `schedule: ${t}`, /^\w+/.exec(t)![0]] as const),
  ["train", "schedule: cosine(restarts: 3)", "restarts"],
  ...[
    "ema: 0.999",
    "precision: mixed",
    "precision: float32",
    "accumulate: 4",
    "sampling: over",
    "tune: random(trials: 30, best: out.f1)",
    "tune: halving(trials: 30, best: out.f1, limit: 3)",
    "balance_heads: uncertainty",
    "balance_modalities: ogm_ge(alpha: 0.1)",
    "balance_modalities: gradient_blending",
    "add_loss: [cmd(words, sight, weight: 0.8), mse(words, facts)]",
  ].map((t) => ["train", t, /^\w+/.exec(t)![0]] as const),
  ["model", "encoder seen = Align.seen -> dense(4)", "Align.seen"],
];

const mild: readonly (readonly [Slot, string, string])[] = [
  ...["group_mean", "last_value", "seasonal(7)", "drift", "linear(sheet)", "ridge(sheet)", "logistic(note)"].map(
    (t) => ["evaluate", `baselines: [${t}]`, /^\w+/.exec(t)![0]] as const,
  ),
  ...[
    "ablate: modalities",
    "ablate: subsets",
    "hide: [note, call]",
    "corrupt: [typos, drop_words, noise, blur, occlude, drop_frames, swap]",
    "calibrate: temperature",
    'by: ["country"]',
    'by: "country"',
  ].map((t) => ["evaluate", t, /^\w+/.exec(t)![0]] as const),
  ...["parameters: 2M", "memory: 1GB", "step: 25ms"].map(
    (t) => ["model", `budget { ${t} }`, /^\w+/.exec(t)![0]] as const,
  ),
  ["model", "compare joint over [concatenate, gated(dim: 16)]", "compare"],
  ["file", "compare M over [M]", "compare"],
];

async function said(slot: Slot, text: string) {
  const source = spec(slot, text);
  const { diagnostics, models } = await compileText(source, { path: "m.mmf", host });
  return {
    found: diagnostics.map((d) => `${d.severity} ${d.code} ${source.slice(d.span.start, d.span.end)}`),
    compiles: models.every((m) => m.ir !== undefined),
  };
}

describe("words that this version lacks", () => {
  it("the spec without them is clean", async () => {
    expect(await said("file", "")).toEqual({ found: [], compiles: true });
  });
  it.each(lacking)("%s: %s", async (slot, text, marked) => {
    expect((await said(slot, text)).found).toEqual([`error not-here-yet ${marked}`]);
  });
  it.each(mild)("%s: %s is a warning", async (slot, text, marked) => {
    expect(await said(slot, text)).toEqual({ found: [`warning not-here-yet ${marked}`], compiles: true });
  });
});
