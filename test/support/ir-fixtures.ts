/**
 * The models of the design's pictures as IR built by hand: CreditRisk with its early and late variants, the seed article's
 * model, AvDigits, and one that has everything rare. Weights are those that the pictures show.
 */
import type { Model } from "../../compiler/ir/ir.ts";
import { buildModel, type FlowSpec, type ModelSpec, stage } from "./ir-builder.ts";

const head = (
  target: string,
  loss: string,
  more: Partial<NonNullable<FlowSpec["head"]>> = {},
): NonNullable<FlowSpec["head"]> => ({ target, loss, lossWeight: 1, auxiliary: false, output: true, ...more });

const binaryHead = (width: number) => [
  stage("dense(1)", "f32[B, classes=1]", [width, 1], [1]),
  stage("sigmoid", "f32[B, classes=1]"),
];

const report: ModelSpec["modalities"][number] = {
  id: "report",
  modality: "text",
  type: "i32[B, tokens=100]",
  steps: [
    'column "report"',
    ["tokenize(words, vocabulary: 10_000)", "i32[B, tokens=?]", "fitted"],
    ["pad(100, post)", "i32[B, tokens=100]"],
  ],
};
const picture = "f32[B, height=150, width=150, channels=3]";
const chart: ModelSpec["modalities"][number] = {
  id: "chart",
  modality: "image",
  type: picture,
  steps: [
    'file "charts/{ticker}_{call_date}.png"',
    ["decode", "f32[B, height=?, width=?, channels=3]"],
    ["resize(150x150)", picture],
    ["rescale(1/255)", picture],
    ["flip(horizontal)", picture, "training"],
    ["rotate(10deg)", picture, "training"],
  ],
};
const sound = "f32[B, time=626, bands=128]";
const call: ModelSpec["modalities"][number] = {
  id: "call",
  modality: "audio",
  type: sound,
  optional: true,
  steps: [
    'file "{call_path}"',
    ["decode(16kHz)", "f32[B, time=?]"],
    ["trim(10s)", "f32[B, time=160000]"],
    ["mel(bands: 128)", sound],
    ["normalize(standard)", sound, "fitted"],
    ["hide(20%)", sound, "training"],
  ],
};
const prices: ModelSpec["modalities"][number] = {
  id: "prices",
  modality: "series",
  type: "f32[B, time=60, features=2]",
  steps: [
    'table "prices.csv"',
    ["last 60 rows before call_date", "f32[B, time=60, features=2]"],
    ["normalize(window)", "f32[B, time=60, features=2]"],
  ],
};
const sheet: ModelSpec["modalities"][number] = {
  id: "sheet",
  modality: "tabular",
  type: "f32[B, features=sheet.features]",
  steps: ["5 columns", ["normalize(standard), one_hot", "f32[B, features=sheet.features]", "fitted"]],
};
const defaulted = {
  id: "defaulted",
  target: "binary",
  steps: ['column "default_12m"', ['"yes" is 1', "f32[B]"]],
} as const;

const words: FlowSpec = {
  kind: "encoder",
  id: "words",
  sources: ["report"],
  stages: [
    stage("embedding(128)", "f32[B, tokens=100, features=128]", [10000, 128]),
    stage("dropout(0.2)", "f32[B, tokens=100, features=128]"),
    stage("lstm(128)", "f32[B, features=128]", [128, 512], [128, 512], [512]),
  ],
};
const vision: FlowSpec = {
  kind: "encoder",
  id: "vision",
  sources: ["chart"],
  stages: [
    stage("conv2d(32, 3x3, relu)", "f32[B, height=148, width=148, channels=32]", [3, 3, 3, 32], [32]),
    stage("max_pooling2d(2x2)", "f32[B, height=74, width=74, channels=32]"),
    stage("flatten", "f32[B, features=175232]"),
    stage("dense(128, relu)", "f32[B, features=128]", [175232, 128], [128]),
  ],
};

const creditData =
  'source: "calls.csv", media: "media/", time: "call_date", group: "ticker", split: by_time(train: 70%, validation: 15%, test: 15%, embargo: 30d)';
const creditTrain =
  "optimizer: adam(1e-3), schedule: cosine(warmup: 5%), epochs: 10, batch_size: 32, stop: early_stopping(patience: 3, monitor: risk.f1), seed: 7";
const sections = (evaluate: string): Model["sections"] => [
  { word: "data", text: creditData },
  { word: "train", text: creditTrain },
  { word: "evaluate", text: evaluate },
];

export function creditRisk(): Model {
  return buildModel({
    name: "CreditRisk",
    spec: "credit.mmf",
    doc: "Will a company that holds this earnings call default within a year?\nWhat was said, how it was said, the price chart, and the balance sheet.",
    modalities: [report, chart, call, prices, sheet],
    flows: [
      words,
      vision,
      {
        kind: "encoder",
        id: "voice",
        sources: ["call"],
        absentWith: ["call"],
        stages: [
          stage("conv1d(64, 5, relu)", "f32[B, time=622, features=64]", [5, 128, 64], [64]),
          stage("global_average_pooling1d", "f32[B, features=64]"),
        ],
      },
      {
        kind: "encoder",
        id: "trend",
        sources: ["prices"],
        stages: [stage("gru(32)", "f32[B, features=32]", [2, 96], [32, 96], [2, 96])],
      },
      {
        kind: "encoder",
        id: "ratios",
        sources: ["sheet"],
        stages: [stage("dense(32, relu)", "f32[B, features=32]", ["sheet.features", 32], [32])],
      },
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: ["words", "vision", "voice", "trend", "ratios"],
        stages: [
          stage("gated(dim: 128)", "f32[B, features=128]", [296192]),
          stage("dense(128, relu)", "f32[B, features=128]", [128, 128], [128]),
          stage("dropout(0.3)", "f32[B, features=128]"),
        ],
      },
      {
        kind: "head",
        id: "risk",
        sources: ["joint"],
        stages: binaryHead(128),
        head: head("defaulted", "focal(gamma: 2)"),
      },
    ],
    targets: [defaulted],
    sections: sections("baselines: [majority, only(sheet)], ablate: modalities, bootstrap: 1000"),
  });
}

export function earlyRisk(): Model {
  return buildModel({
    name: "EarlyRisk",
    spec: "credit.mmf",
    doc: "Early: the inputs become one sequence; one encoder reads them together.",
    base: { name: "CreditRisk", changed: ["tokens", "joint", "risk"] },
    modalities: [report, chart],
    flows: [
      {
        kind: "encoder",
        id: "tokens_1",
        unnamed: true,
        sources: ["report"],
        stages: [stage("embedding(64)", "f32[B, tokens=100, features=64]", [10000, 64])],
      },
      {
        kind: "encoder",
        id: "tokens_2",
        unnamed: true,
        sources: ["chart"],
        stages: [stage("patches(15x15, dim: 64)", "f32[B, patches=100, features=64]", [675, 64], [64])],
      },
      {
        kind: "fusion",
        id: "tokens",
        stage: "early",
        sources: ["tokens_1", "tokens_2"],
        stages: [stage("sequence", "f32[B, tokens=200, features=64]", [2, 64])],
      },
      {
        kind: "encoder",
        id: "joint",
        sources: ["tokens"],
        stages: [
          stage("position", "f32[B, tokens=200, features=64]", [200, 64]),
          stage("transformer(layers: 2, heads: 4)", "f32[B, tokens=200, features=64]", [99968]),
          stage("global_average_pooling1d", "f32[B, features=64]"),
        ],
      },
      {
        kind: "head",
        id: "risk",
        sources: ["joint"],
        stages: binaryHead(64),
        head: head("defaulted", "focal(gamma: 2)"),
      },
    ],
    targets: [defaulted],
    sections: sections("baselines: [majority], ablate: modalities, bootstrap: 1000"),
  });
}

export function lateRisk(): Model {
  const member = { output: false } as const;
  return buildModel({
    name: "LateRisk",
    spec: "credit.mmf",
    doc: "Late: every branch predicts on its own; the predictions are combined.",
    base: { name: "CreditRisk", changed: ["says", "shows", "verdict", "risk"] },
    modalities: [report, chart],
    flows: [
      words,
      vision,
      {
        kind: "head",
        id: "says",
        sources: ["words"],
        stages: binaryHead(128),
        head: head("defaulted", "binary_crossentropy", member),
      },
      {
        kind: "head",
        id: "shows",
        sources: ["vision"],
        stages: binaryHead(128),
        head: head("defaulted", "binary_crossentropy", member),
      },
      {
        kind: "fusion",
        id: "verdict",
        stage: "late",
        sources: ["says", "shows"],
        stages: [stage("weighted_average", "f32[B, classes=1]", [2])],
      },
      { kind: "head", id: "risk", sources: ["verdict"], stages: [], head: head("defaulted", "focal(gamma: 2)") },
    ],
    targets: [defaulted],
    sections: sections("baselines: [majority], ablate: modalities, bootstrap: 1000"),
  });
}

export function seed(): Model {
  return buildModel({
    name: "Seed",
    spec: "seed.mmf",
    doc: "The seed article's Keras example, layer by layer: text LSTM + image CNN + audio CNN,\nconcatenate, dense 128, one sigmoid; Adam, binary cross-entropy, 10 epochs of 32 rows.",
    modalities: [
      {
        id: "text",
        modality: "text",
        type: "i32[B, tokens=100]",
        steps: [
          'column "text"',
          ["tokenize(words, vocabulary: 10_000)", "i32[B, tokens=?]", "fitted"],
          ["pad(100, pre)", "i32[B, tokens=100]"],
        ],
      },
      {
        id: "image",
        modality: "image",
        type: picture,
        steps: [
          'file "{id}.jpg"',
          ["decode", "f32[B, height=?, width=?, channels=3]"],
          ["resize(150x150)", picture],
          ["rescale(1/255)", picture],
        ],
      },
      {
        id: "audio",
        modality: "audio",
        type: "f32[B, time=128, bands=128]",
        steps: [
          'file "{id}.wav"',
          ["decode", "f32[B, time=?]"],
          ["mel(bands: 128, fft: 2048, hop: 512, scale: power)", "f32[B, time=?, bands=128]"],
          ["trim(128 frames)", "f32[B, time=128, bands=128]"],
        ],
      },
    ],
    flows: [
      {
        kind: "encoder",
        id: "lstm_text",
        sources: ["text"],
        stages: [
          stage("embedding(128, mask: false)", "f32[B, tokens=100, features=128]", [10000, 128]),
          stage("lstm(128)", "f32[B, features=128]", [256, 512], [512]),
        ],
      },
      { kind: "encoder", id: "flat_image", sources: ["image"], stages: vision.stages.slice(0, 3) },
      {
        kind: "encoder",
        id: "flat_audio",
        sources: ["audio"],
        stages: [
          stage("add_channel", "f32[B, time=128, bands=128, channels=1]"),
          stage("conv2d(32, 3x3, relu)", "f32[B, time=126, bands=126, channels=32]", [3, 3, 1, 32], [32]),
          stage("max_pooling2d(2x2)", "f32[B, time=63, bands=63, channels=32]"),
          stage("flatten", "f32[B, features=127008]"),
        ],
      },
      {
        kind: "fusion",
        id: "merged",
        stage: "mid",
        sources: ["lstm_text", "flat_image", "flat_audio"],
        stages: [
          stage("concatenate", "f32[B, features=302368]"),
          stage("dense(128, relu)", "f32[B, features=128]", [302368, 128], [128]),
        ],
      },
      {
        kind: "head",
        id: "output",
        sources: ["merged"],
        stages: binaryHead(128),
        head: head("label", "binary_crossentropy"),
      },
    ],
    targets: [{ id: "label", target: "binary", steps: ['column "label"', ['"1" is 1', "f32[B]"]] }],
    sections: [
      { word: "data", text: 'source: "samples.csv", media: "media/", split: in_order(train: 80%, validation: 20%)' },
      { word: "train", text: "optimizer: adam(1e-3), epochs: 10, batch_size: 32" },
    ],
  });
}

export function avDigits(): Model {
  const image = "f32[B, height=28, width=28, channels=1]";
  const bands = "f32[B, time=63, bands=20]";
  return buildModel({
    name: "AvDigits",
    spec: "avdigits.mmf",
    doc: "A degraded picture of a digit and a recording of the same digit; a new speaker is the test.",
    modalities: [
      {
        id: "image",
        modality: "image",
        type: image,
        steps: ['file "{image_set}-images-idx3-ubyte.gz"', ['item "image_index"', image], ["rescale(1/255)", image]],
      },
      {
        id: "sound",
        modality: "audio",
        type: bands,
        steps: [
          'file "{wav}"',
          ["decode(8kHz)", "f32[B, time=?]"],
          ["trim(1s)", "f32[B, time=8000]"],
          ["noise(10dB..30dB)", "f32[B, time=8000]", "training"],
          ["shift(10%)", "f32[B, time=8000]", "training"],
          ["mfcc(bands: 40, coefficients: 20)", bands],
          ["normalize(standard)", bands, "fitted"],
        ],
      },
    ],
    flows: [
      {
        kind: "encoder",
        id: "seen",
        sources: ["image"],
        stages: [
          {
            ...stage("conv2d(16, 3x3, relu)", "f32[B, height=26, width=26, channels=16]", [3, 3, 1, 16], [16]),
            cost: 97344,
          },
          stage("max_pooling2d(2x2)", "f32[B, height=13, width=13, channels=16]"),
          stage("flatten", "f32[B, features=2704]"),
          { ...stage("dense(64, relu)", "f32[B, features=64]", [2704, 64], [64]), cost: 173056 },
        ],
      },
      {
        kind: "encoder",
        id: "heard",
        sources: ["sound"],
        stages: [
          { ...stage("conv1d(32, 5, relu)", "f32[B, time=59, features=32]", [5, 20, 32], [32]), cost: 188800 },
          stage("global_average_pooling1d", "f32[B, features=32]"),
          { ...stage("dense(64, relu)", "f32[B, features=64]", [32, 64], [64]), cost: 2048 },
        ],
      },
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: ["seen", "heard"],
        stages: [stage("average", "f32[B, features=64]")],
      },
      {
        kind: "head",
        id: "guess",
        sources: ["joint"],
        stages: [
          { ...stage("dense(10)", "f32[B, classes=10]", [64, 10], [10]), cost: 640 },
          stage("softmax", "f32[B, classes=10]"),
        ],
        head: head("digit", "categorical_crossentropy"),
      },
    ],
    targets: [{ id: "digit", target: "multiclass", classes: 10, steps: ['column "digit"'] }],
    sections: [
      {
        word: "data",
        text: 'source: "pairs.csv", media: ["../fsdd/train.tar.gz", "../fsdd/test.tar.gz", "../mnist/"], group: "speaker", split: leave_one_group_out',
      },
      { word: "train", text: "optimizer: adam(1e-3), epochs: 20, batch_size: 64, seed: 1" },
      { word: "evaluate", text: "ablate: modalities, baselines: [majority], corrupt: [noise, blur]" },
    ],
  });
}

/** The invented model of the design with everything unusual, but for values of other models and losses between values. */
export function rare(): Model {
  const photo = "f32[B, height=64, width=64, channels=3]";
  const tower: FlowSpec["stages"] = [
    {
      text: "tower",
      type: "f32[B, features=128]",
      block: { name: "tower", shared: true },
      layer: "tower",
      bodies: {
        stages: [
          {
            ...stage("conv2d(32, 3x3, relu)", "f32[B, height=62, width=62, channels=32]", [3, 3, 3, 32], [32]),
            layer: "tower_conv2d",
          },
          { ...stage("max_pooling2d(2x2)", "f32[B, height=31, width=31, channels=32]"), layer: "tower_max_pooling2d" },
          {
            ...stage("conv2d(64, 3x3, relu)", "f32[B, height=29, width=29, channels=64]", [3, 3, 32, 64], [64]),
            layer: "tower_conv2d_2",
          },
          { ...stage("global_average_pooling2d", "f32[B, features=64]"), layer: "tower_global_average_pooling2d" },
          { ...stage("dense(128, relu)", "f32[B, features=128]", [64, 128], [128]), layer: "tower_dense" },
        ],
      },
    },
  ];
  const items = (features: number) => `f32[B, items=4, features=${features}]`;
  const residual = {
    text: "residual(layer_normalization -> dense(64, relu))",
    type: items(64),
    bodies: {
      stages: [
        stage("layer_normalization", items(64), [64], [64]),
        stage("dense(64, relu)", items(64), [64, 64], [64]),
      ],
    },
  };
  return buildModel({
    name: "Rare",
    spec: "rare.mmf",
    doc: "What is rare, in one picture: a shared block, items, a repeat, a residual, parallel branches, a frozen encoder, an auxiliary head, two targets, a name in Chinese.",
    modalities: [
      {
        id: "文本",
        modality: "text",
        type: "i32[B, tokens=256]",
        steps: ['column "正文"', ["tokenize(pretrained(minilm))", "i32[B, tokens=256]"]],
      },
      { id: "front", modality: "image", type: photo, steps: ['file "{id}_front.jpg"', ["resize(64x64)", photo]] },
      {
        id: "back",
        modality: "image",
        type: photo,
        optional: true,
        steps: ['file "{id}_back.jpg"', ["resize(64x64)", photo]],
      },
      {
        id: "rooms",
        modality: "image",
        type: "f32[B, items=4, height=64, width=64, channels=3]",
        items: 4,
        steps: ['4 files "{id}_….jpg"', ["resize(64x64)", "f32[B, items=4, height=64, width=64, channels=3]"]],
      },
    ],
    flows: [
      {
        kind: "encoder",
        id: "read",
        sources: ["文本"],
        frozen: true,
        stages: [stage("pretrained(minilm, pool: mean)", "f32[B, features=384]", [22713216])],
      },
      { kind: "encoder", id: "left", sources: ["front"], shared: "tower", stages: tower },
      {
        kind: "encoder",
        id: "right",
        sources: ["back"],
        shared: "tower",
        absentWith: ["back"],
        stages: tower,
      },
      {
        kind: "encoder",
        id: "seen",
        sources: ["rooms"],
        stages: [
          {
            text: "each(conv2d(16, 3x3, relu) -> max_pooling2d(2x2) -> flatten -> dense(64, relu))",
            type: items(64),
            bodies: {
              stages: [
                stage("conv2d(16, 3x3, relu)", "f32[B, height=62, width=62, channels=16]", [3, 3, 3, 16], [16]),
                stage("max_pooling2d(2x2)", "f32[B, height=31, width=31, channels=16]"),
                stage("flatten", "f32[B, features=15376]"),
                stage("dense(64, relu)", "f32[B, features=64]", [15376, 64], [64]),
              ],
            },
          },
          {
            text: "repeat(3, residual(layer_normalization -> dense(64, relu)))",
            type: items(64),
            bodies: { "1": [residual], "2": [residual], "3": [residual] },
          },
          {
            text: "parallel(dense(64, relu), dense(64, tanh))",
            type: items(128),
            bodies: {
              a: [stage("dense(64, relu)", items(64), [64, 64], [64])],
              b: [stage("dense(64, tanh)", items(64), [64, 64], [64])],
            },
          },
          stage("attention_pooling", "f32[B, features=128]", [128]),
        ],
      },
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: ["read", "left", "right", "seen"],
        stages: [
          stage("attention(dim: 64)", "f32[B, features=64]", [62149]),
          stage("dropout(0.3)", "f32[B, features=64]"),
        ],
      },
      {
        kind: "head",
        id: "from_text",
        sources: ["read"],
        stages: binaryHead(384),
        head: head("risk", "binary_crossentropy", { auxiliary: true, output: false }),
      },
      {
        kind: "head",
        id: "scores",
        sources: ["joint"],
        stages: binaryHead(64),
        head: head("risk", "binary_crossentropy"),
      },
      {
        kind: "head",
        id: "values",
        sources: ["joint"],
        stages: [stage("dense(1)", "f32[B, classes=1]", [64, 1], [1])],
        head: head("price", "huber", { lossWeight: 0.3 }),
      },
    ],
    targets: [
      { id: "risk", target: "binary" },
      { id: "price", target: "regression" },
    ],
    sections: [],
  });
}

export const fixtures = {
  creditrisk: creditRisk,
  earlyrisk: earlyRisk,
  laterisk: lateRisk,
  seed,
  avdigits: avDigits,
  rare,
} as const;
