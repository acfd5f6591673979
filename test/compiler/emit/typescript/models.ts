/**
 * Models as IR with every argument and real plans, for tests of what writes programs: the design's Digits, a late one with
 * floors, and one with everything that is written in an unusual way.
 */
import type { ArgValue, InputGroup, Model } from "../../../../compiler/ir/ir.ts";
import { symbol } from "../../../../compiler/types/dim.ts";
import type { DataPlan, TrainPlan } from "../../../../plan/plan.ts";
import { buildModel, type FlowSpec, type ModelSpec, type StageSpec, stage } from "../../../support/ir-builder.ts";

type Args = { readonly [name: string]: ArgValue };
type Shape = readonly (number | string)[];

/** A stage with all its arguments, as lowering gives them. */
const op = (text: string, typeText: string, args: Args = {}, ...weights: readonly Shape[]): StageSpec => ({
  ...stage(text, typeText, ...weights),
  args,
});

const conv = (
  filters: number,
  kernel: readonly number[],
  typeText: string,
  channels: number,
  more: Args = {},
): StageSpec =>
  op(
    `conv${kernel.length}d(${filters}, ${kernel.join("x")})`,
    typeText,
    {
      filters,
      kernel_size: kernel.length === 1 ? (kernel[0] as number) : kernel,
      activation: "linear",
      strides: kernel.length === 1 ? 1 : [1, 1],
      padding: "valid",
      dilation_rate: kernel.length === 1 ? 1 : [1, 1],
      use_bias: true,
      ...more,
    },
    [...kernel, channels, filters],
    [filters],
  );
const dense = (units: number, typeText: string, from: number | string, activation = "linear"): StageSpec =>
  op(
    activation === "linear" ? `dense(${units})` : `dense(${units}, ${activation})`,
    typeText,
    { units, activation, use_bias: true },
    [from, units],
    [units],
  );
const pool2d = (typeText: string): StageSpec =>
  op("max_pooling2d(2x2)", typeText, { pool_size: [2, 2], padding: "valid" });
const lstm = (units: number, typeText: string, from: number, more: Args = {}): StageSpec =>
  op(
    `lstm(${units})`,
    typeText,
    { units, return_sequences: false, dropout: 0, go_backwards: false, ...more },
    [from, 4 * units],
    [units, 4 * units],
    [4 * units],
  );
const embedding = (dim: number, typeText: string, vocabulary: number | string): StageSpec =>
  op(`embedding(${dim})`, typeText, { dim, mask: true }, [vocabulary, dim]);

const head = (
  target: string,
  loss: string,
  more: Partial<NonNullable<FlowSpec["head"]>> = {},
): NonNullable<FlowSpec["head"]> => ({ target, loss, lossWeight: 1, auxiliary: false, output: true, ...more });
const binary = (from: number | string): readonly StageSpec[] => [
  dense(1, "f32[B, classes=1]", from),
  op("sigmoid", "f32[B, classes=1]"),
];

const withPlans = (model: Model, data: DataPlan, training: Omit<TrainPlan, "heads">): Model => ({
  ...model,
  data,
  training: { ...training, heads: model.training.heads },
});
const withVocabulary = (model: Model, id: string, vocabulary: number | undefined): Model => ({
  ...model,
  values: {
    ...model.values,
    [id]: {
      ...model.values[id]!,
      type: { ...model.values[id]!.type, vocabulary: vocabulary ?? symbol(`${id}.vocabulary`) },
    },
  },
});
const withMask = (model: Model, id: string): Model => {
  const masked = (value: InputGroup["type"]) => ({
    ...value,
    axes: value.axes.map((axis, i) => (i === 0 ? { ...axis, masked: true as const } : axis)),
  });
  return {
    ...model,
    values: { ...model.values, [id]: { ...model.values[id]!, type: masked(model.values[id]!.type) } },
    groups: model.groups.map((group) =>
      group.id === id && group.kind === "modality" ? { ...group, type: masked(group.type) } : group,
    ),
  };
};
const inPlace = (model: Model, lines: { readonly [id: string]: number }): Model => ({
  ...model,
  places: Object.fromEntries(
    Object.entries(model.places).map(([id, place]) => [id, { ...place, line: lines[id] ?? place.line }]),
  ),
});

const image: ModelSpec["modalities"][number] = {
  id: "image",
  modality: "image",
  type: "f32[B, height=28, width=28, channels=1]",
  steps: [],
};
const steps = { fft: { seconds: 0.032 }, hop: { seconds: 0.016 } } as const;

/** The small spec of the design's page about outputs. */
export function digits(): Model {
  const model = buildModel({
    name: "Digits",
    spec: "digits.mmf",
    doc: "Which digit is it? A blurred picture and a voice.",
    modalities: [image, { id: "sound", modality: "audio", type: "f32[B, time=63, bands=20]", steps: [] }],
    flows: [
      {
        kind: "encoder",
        id: "seen",
        sources: ["image"],
        stages: [
          { ...conv(16, [3, 3], "f32[B, height=26, width=26, channels=16]", 1, { activation: "relu" }), cost: 97344 },
          pool2d("f32[B, height=13, width=13, channels=16]"),
          op("flatten", "f32[B, features=2704]"),
          { ...dense(64, "f32[B, features=64]", 2704, "relu"), cost: 173056 },
        ],
      },
      {
        kind: "encoder",
        id: "heard",
        sources: ["sound"],
        stages: [
          { ...conv(64, [5], "f32[B, time=59, features=64]", 20, { activation: "relu" }), cost: 377600 },
          { ...lstm(64, "f32[B, features=64]", 64), cost: 1933312 },
        ],
      },
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: ["seen", "heard"],
        stages: [
          op("concatenate", "f32[B, features=128]", { broadcast: false, presence: false }),
          { ...dense(64, "f32[B, features=64]", 128, "relu"), cost: 8192 },
        ],
      },
      {
        kind: "head",
        id: "guess",
        sources: ["joint"],
        stages: [
          {
            ...op(
              "dense(digit.classes)",
              "f32[B, classes=digit.classes]",
              { activation: "linear", use_bias: true },
              [64, "digit.classes"],
              ["digit.classes"],
            ),
            layer: "guess",
          },
          op("softmax", "f32[B, classes=digit.classes]"),
        ],
        head: head("digit", "categorical_crossentropy"),
      },
    ],
    targets: [{ id: "digit", target: "multiclass" }],
    sections: [],
  });
  return withPlans(
    inPlace(model, { seen: 7, heard: 8, joint: 9, guess: 10 }),
    {
      source: "table.csv",
      split: { by: "column", column: "split", train: "train", validation: 0.1, test: "test", seed: 0 },
      modalities: {
        image: {
          type: "image",
          column: "image",
          size: [28, 28],
          channels: 1,
          rescale: 1 / 255,
          normalize: "none",
          resize: "stretch",
          augment: [],
        },
        sound: {
          type: "audio",
          column: "sound",
          rate: 8000,
          seconds: 1,
          channels: 1,
          features: { mfcc: { coefficients: 20, bands: 40, ...steps } },
          normalize: "standard",
          augment: [],
        },
      },
      targets: { digit: { type: "multiclass", columns: ["digit"] } },
    },
    { optimizer: { adam: { learning_rate: 1e-3 } }, schedule: "constant", epochs: 15, batchSize: 64, seed: 1 },
  );
}

/** Late fusion of an optional sound and a text, with a floor, layers of their own rate and sizes that only the data know. */
export function lateModel(): Model {
  const spec = (only?: "report"): ModelSpec => ({
    name: "Late",
    spec: "late.mmf",
    doc: "Every branch predicts on its own.\nThe predictions are combined.",
    modalities: [
      { id: "report", modality: "text", type: "i32[B, tokens=100]", steps: [] },
      ...(only
        ? []
        : [
            { id: "call", modality: "audio", type: "f32[B, time=call.time, bands=64]", optional: true, steps: [] },
            { id: "sheet", modality: "tabular", type: "f32[B, features=sheet.features]", steps: [] },
          ]),
    ],
    flows: [
      {
        kind: "encoder",
        id: "words",
        sources: ["report"],
        frozen: true,
        stages: [
          embedding(64, "f32[B, tokens=100, features=64]", "report.vocabulary"),
          lstm(32, "f32[B, features=32]", 64),
        ],
      },
      ...(only
        ? []
        : ([
            {
              kind: "encoder",
              id: "voice",
              sources: ["call"],
              absentWith: ["call"],
              stages: [
                conv(64, [5], "f32[B, time=(call.time - 4), features=64]", 64),
                op("global_average_pooling1d", "f32[B, features=64]"),
              ],
            },
            {
              kind: "head",
              id: "says",
              sources: ["words"],
              stages: binary(32),
              head: head("defaulted", "binary_crossentropy", { output: false }),
            },
            {
              kind: "head",
              id: "sounds",
              sources: ["voice"],
              absentWith: ["call"],
              stages: binary(64),
              head: head("defaulted", "binary_crossentropy", { output: false }),
            },
            {
              kind: "head",
              id: "counts",
              sources: ["sheet"],
              stages: binary("sheet.features"),
              head: head("defaulted", "binary_crossentropy", { output: false }),
            },
            {
              kind: "fusion",
              id: "verdict",
              stage: "late",
              sources: ["says", "sounds", "counts"],
              stages: [op("weighted_average", "f32[B, classes=1]", { of: "logits", train_members: false }, [3])],
            },
          ] as const)),
      {
        kind: "head",
        id: "risk",
        sources: [only ? "words" : "verdict"],
        stages: only ? binary(32) : [],
        head: head("defaulted", "focal(gamma: 2)"),
      },
    ],
    targets: [{ id: "defaulted", target: "binary" }],
    sections: [],
  });
  const whole = withVocabulary(withMask(buildModel(spec()), "call"), "report", undefined);
  const alone = withVocabulary(buildModel(spec("report")), "report", undefined);
  const optional = {
    type: "audio",
    file: "{call}",
    optional: true,
    dropout: 0.4,
    rate: 16000,
    seconds: 10,
    channels: 1,
    normalize: "standard",
    augment: [{ noise: { level: { from: 10, to: 30 } } }],
  } as const;
  const model = withPlans(
    whole,
    {
      source: { files: { train: "train.csv", test: "test.csv" } },
      media: ["media/", "more.tar.gz"],
      time: "as_of",
      split: { by: "time", train: 0.7, validation: 0.15, test: 0.15, embargo: 2592000 },
      modalities: {
        report: {
          type: "text",
          column: "report",
          tokenizer: "words",
          tokens: 100,
          lower: true,
          pad: "post",
          output: "ids",
        },
        call: { ...optional, features: { mel: { bands: 64, ...steps, scale: "db", fmin: 0 } } },
        sheet: {
          type: "tabular",
          numeric: ["leverage", "roa"],
          categorical: [],
          normalize: "standard",
          impute: "median",
        },
      },
      targets: { defaulted: { type: "binary", columns: ["default_12m"], positive: "yes" } },
    },
    {
      optimizer: { adamw: { learning_rate: 3e-5, weight_decay: 0.01 } },
      schedule: { cosine: { warmup: 0.05 } },
      epochs: 15,
      batchSize: 32,
      stop: { patience: 3, monitor: "risk.f1" },
      seed: 0,
      layers: { words_: { frozen: true }, verdict_: { learningRate: 2e-5 } },
    },
  );
  return {
    ...model,
    evaluation: { baselines: ["majority", { only: { modality: "report" } }], bootstrap: 1000 },
    floors: { "only(report)": { values: alone.values, layers: alone.layers, groups: alone.groups } },
  };
}

/** What is unusual: a shared block, items, every structure, a block in line, names that TypeScript has no place for. */
export function unusual(): Model {
  const photo = "f32[B, height=64, width=64, channels=3]";
  const items = (features: number) => `f32[B, items=4, features=${features}]`;
  const tower = (layer: string): StageSpec => ({
    text: "tower",
    type: "f32[B, features=64]",
    block: { name: "tower", shared: true },
    layer,
    bodies: {
      layers: [
        {
          ...conv(32, [3, 3], "f32[B, height=62, width=62, channels=32]", 3, { activation: "relu" }),
          layer: "tower_conv2d",
        },
        { ...op("global_average_pooling2d", "f32[B, features=32]"), layer: "tower_global_average_pooling2d" },
        { ...dense(64, "f32[B, features=64]", 32, "relu"), layer: "tower_dense" },
      ],
    },
  });
  const same = { padding: "same" } as const;
  const residual: StageSpec = {
    ...op("residual(layer_normalization -> dense(64, relu))", items(64), { merge: "add" }),
    bodies: {
      layers: [op("layer_normalization", items(64), { epsilon: 1e-3 }, [64], [64]), dense(64, items(64), 64, "relu")],
    },
  };
  const down: StageSpec = {
    text: "down(16)",
    type: "f32[B, height=32, width=32, channels=16]",
    block: { name: "down", shared: false },
    bodies: {
      layers: [
        {
          ...op("residual(conv2d(16, 3x3), shortcut: conv2d(16, 1x1))", "f32[B, height=32, width=32, channels=16]", {
            merge: "add",
          }),
          bodies: {
            layers: [
              conv(16, [3, 3], "f32[B, height=32, width=32, channels=16]", 3, {
                ...same,
                strides: [2, 2],
                use_bias: false,
              }),
              op(
                "batch_normalization",
                "f32[B, height=32, width=32, channels=16]",
                { momentum: 0.9, epsilon: 1e-3 },
                [16],
                [16],
                [16],
                [16],
              ),
            ],
            shortcut: [conv(16, [1, 1], "f32[B, height=32, width=32, channels=16]", 3, { ...same, strides: [2, 2] })],
          },
        },
        op("relu", "f32[B, height=32, width=32, channels=16]"),
      ],
    },
  };
  const model = buildModel({
    name: "Unusual",
    spec: "unusual.mmf",
    doc: "",
    modalities: [
      { id: "文本", modality: "text", type: "i32[B, tokens=256]", steps: [] },
      { id: "data", modality: "image", type: photo, steps: [] },
      { id: "new", modality: "image", type: photo, optional: true, steps: [] },
      { id: "rooms", modality: "image", type: "f32[B, items=4, height=64, width=64, channels=3]", items: 4, steps: [] },
    ],
    flows: [
      {
        kind: "encoder",
        id: "class",
        sources: ["文本"],
        stages: [
          embedding(32, "f32[B, tokens=256, features=32]", 20000),
          {
            ...op("bidirectional(gru(32))", "f32[B, features=32]", { merge_mode: "sum" }),
            bodies: {
              layer: [
                op(
                  "gru(32)",
                  "f32[B, features=32]",
                  { units: 32, return_sequences: false, dropout: 0.1, go_backwards: false },
                  [32, 96],
                  [32, 96],
                  [2, 96],
                ),
              ],
            },
          },
          dense(64, "f32[B, features=64]", 32),
        ],
      },
      { kind: "encoder", id: "left", sources: ["data"], shared: "tower", stages: [tower("tower")] },
      {
        kind: "encoder",
        id: "right",
        sources: ["new"],
        shared: "tower",
        absentWith: ["new"],
        stages: [tower("tower_2")],
      },
      {
        kind: "encoder",
        id: "drawn",
        sources: ["data"],
        stages: [down, op("global_max_pooling2d", "f32[B, features=16]"), dense(64, "f32[B, features=64]", 16)],
      },
      {
        kind: "encoder",
        id: "seen",
        sources: ["rooms"],
        stages: [
          {
            ...op("each(conv2d(16, 3x3, relu) -> flatten -> dense(64, relu))", items(64)),
            bodies: {
              layers: [
                conv(16, [3, 3], "f32[B, height=62, width=62, channels=16]", 3, { activation: "relu" }),
                pool2d("f32[B, height=31, width=31, channels=16]"),
                op("flatten", "f32[B, features=15376]"),
                dense(64, "f32[B, features=64]", 15376, "relu"),
              ],
            },
          },
          {
            ...op("repeat(2, residual(layer_normalization -> dense(64, relu)))", items(64), { times: 2 }),
            bodies: { "1": [residual], "2": [residual] },
          },
          {
            ...op("parallel(dense(32, relu), dense(32, tanh))", items(64), { merge: "concatenate" }),
            bodies: { a: [dense(32, items(32), 64, "relu")], b: [dense(32, items(32), 64, "tanh")] },
          },
          op("rename(items: tokens)", "f32[B, tokens=4, features=64]"),
          op("position", "f32[B, tokens=4, features=64]", { kind: "learned" }, [4, 64]),
          op("transformer(layers: 2, heads: 4)", "f32[B, tokens=4, features=64]", {
            layers: 2,
            heads: 4,
            activation: "gelu",
            dropout: 0.1,
            norm: "pre",
            causal: false,
          }),
          op("attention_pooling", "f32[B, features=64]", {}, [64, 64], [64], [64, 1]),
        ],
      },
      { kind: "encoder", id: "unchanged", sources: ["left"], stages: [] },
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: ["class", "unchanged", "right", "drawn", "seen"],
        stages: [
          op("attention(dim: 64)", "f32[B, features=64]", { dim: 64 }, [320, 5]),
          op("dropout(0.3)", "f32[B, features=64]", { rate: 0.3 }),
        ],
      },
      {
        kind: "head",
        id: "from_text",
        sources: ["class"],
        stages: binary(64),
        head: head("risk", "binary_crossentropy", { auxiliary: true, output: false }),
      },
      { kind: "head", id: "评分", sources: ["joint"], stages: binary(64), head: head("risk", "binary_crossentropy") },
      {
        kind: "head",
        id: "values",
        sources: ["joint"],
        stages: [dense(1, "f32[B, classes=1]", 64)],
        head: head("price", "huber", { lossWeight: 0.3 }),
      },
    ],
    targets: [
      { id: "risk", target: "binary" },
      { id: "price", target: "regression" },
    ],
    sections: [],
  });
  const picture = {
    type: "image",
    size: [64, 64],
    channels: 3,
    rescale: 1 / 255,
    normalize: "none",
    resize: "stretch",
    augment: [],
  } as const;
  return withPlans(
    withVocabulary(model, "文本", 20000),
    {
      source: {
        query:
          "select f.id, f.正文, r.price, r.risk\nfrom 'filings.parquet' f\njoin 'ratios.csv' r on r.ticker = f.ticker and r.year = f.year - 1 -- \"quoted\" and `ticked` and ${nothing}",
      },
      split: { by: "random", train: 0.7, validation: 0.15, test: 0.15, seed: 0 },
      modalities: {
        文本: {
          type: "text",
          column: "正文",
          tokenizer: "characters",
          language: "zh",
          vocabulary: 20000,
          tokens: 256,
          lower: true,
          pad: "post",
          output: "ids",
        },
        data: { ...picture, file: "{id}_front.jpg" },
        new: { ...picture, file: "{id}_back.jpg", optional: true },
        rooms: {
          ...picture,
          files: ["{id}_bathroom.jpg", "{id}_bedroom.jpg", "{id}_frontal.jpg", "{id}_kitchen.jpg"],
          augment: [{ flip: { axis: "horizontal" } }, { brightness: { share: 0.2 } }],
        },
      },
      targets: {
        risk: { type: "binary", columns: ["risk"], classWeight: { "0": 1, __proto__: 2 } },
        price: { type: "regression", columns: ["price"], transform: "log" },
      },
    },
    { optimizer: { adam: { learning_rate: 1e-3 } }, schedule: "constant", epochs: 10, batchSize: 32, seed: 0 },
  );
}

export const models = { digits, lateModel, unusual } as const;
