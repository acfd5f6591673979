/** Specs that the tests of the grammar read, and the tree's statements as short lines. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { File, Statement } from "../../grammar/ast.ts";
import { parse } from "../../grammar/parse.ts";

const shared = process.env.MMFC_SHARED ?? join(import.meta.dirname, "..", "..", "..", "shared");

export interface Spec {
  readonly path: string;
  readonly text: string;
}

/** The spec of the language's own page. */
const credit = `/// Will a company that holds this earnings call default within a year?
/// What was said, how it was said, the price chart, and the balance sheet.
model CreditRisk {

  data {
    source: "calls.csv"                       // one row, one example
    media:  "media/"
    time:   "call_date"
    group:  "ticker"
    split:  by_time(train: 70%, validation: 15%, test: 15%, embargo: 30d)
  }

  modality report: text    { vocabulary: 10_000, tokens: 100 }
  modality chart:  image   { file: "charts/{ticker}_{call_date}.png", size: 150x150, augment: [flip(horizontal), rotate(10deg)] }
  modality call:   audio?  { file: "{call_path}", rate: 16kHz, length: 10s, features: mel(bands: 128), dropout: 20% }
  modality prices: series  { from: "prices.csv", time: "date", window: 60, columns: ["close", "volume"], normalize: window }
  modality sheet:  tabular { numeric: ["leverage", "roa", "size"], categorical: ["sector", "country"] }

  target defaulted: binary { column: "default_12m", positive: "yes" }

  encoder words  = report -> embedding(128) -> dropout(0.2) -> lstm(128)
  encoder vision = chart  -> conv2d(32, 3x3, relu) -> max_pooling2d(2x2) -> flatten -> dense(128, relu)
  encoder voice  = call   -> conv1d(64, 5, relu) -> global_average_pooling1d
  encoder trend  = prices -> gru(32)
  encoder ratios = sheet  -> dense(32, relu)

  fusion joint: mid = gated(words, vision, voice, trend, ratios, dim: 128) -> dense(128, relu) -> dropout(0.3)

  head risk: defaulted = joint { loss: focal(gamma: 2), metrics: [accuracy, f1, mcc, roc_auc] }

  train {
    optimizer:  adam(1e-3)
    schedule:   cosine(warmup: 5%)
    epochs:     10
    batch_size: 32
    stop:       early_stopping(patience: 3, monitor: risk.f1)
    seed:       7
  }

  evaluate {
    baselines: [majority, only(sheet)]
    ablate:    modalities
    bootstrap: 1000
  }
}

/// Early: the inputs become one sequence; one encoder reads them together.
model EarlyRisk from CreditRisk {
  fusion tokens: early = sequence(report -> embedding(64), chart -> patches(15x15, dim: 64))
  encoder joint = tokens -> position -> transformer(layers: 2, heads: 4) -> global_average_pooling1d
  head risk: defaulted = joint
}

/// Late: every branch predicts on its own; the predictions are combined.
model LateRisk from CreditRisk {
  head says:  defaulted = words
  head shows: defaulted = vision
  fusion verdict: late = weighted_average(says, shows)
  head risk: defaulted = verdict
}

compare CreditRisk over [EarlyRisk, LateRisk]      // one table: same rows, splits and seeds
`;

/** Every form of the grammar that the page's spec does not use. */
const forms = `use "blocks.mmf"
shared block tower(channels, kernel: 3x3, pool: true) = residual(conv2d(channels, kernel), shortcut: dense(1)) -> relu
block plain = dense(3)
model 视听 {
  data { source: query("""
    select "a" from 'b' where x = '\\d'
  """) train: files(model: "a", test: "b",), header: false }
  let rate = 1e-3 in 1e-4..1e-2
  let word = relu in [relu, tanh]
  let dir = "模型/a\\n\\"b\\""
  modality 文本: text? { scale: 1/255 range: -1..-0.5, on: true, unit: 200k }
  modality é: image { sizes: [3x3, 2x2x2], }
  target y: multiclass
  target z: regression? {}
  encoder a: f32[B, time=626, bands=é.features, 3]? = 文本 -> lstm(8) { frozen: 2, learning_rate: 2e-5 }
  encoder b = Other.seen.deep -> each(conv2d(16, 3x3) -> flatten) -> f()
  fusion f: mid = concatenate(a -> dense(3), b, over: [1, [2, 3]])
  head h: y = f
  compare f over [add, gated(dim: 64),]
  block own(x) = dense(x)
  budget { parameters: 2M, memory: 1GB, step: 25ms, model: 3, use: 1, block: 2 }
}
`;

/** The specs of ../shared, or none with a word of warning. */
export function sharedSpecs(): Spec[] {
  const folder = join(shared, "specs");
  if (!existsSync(folder)) {
    console.warn(`no shared specs at ${folder}: those tests see only their own`);
    return [];
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith(".mmf"))
    .map((name) => ({ path: name, text: readFileSync(join(folder, name), "utf8") }));
}

export const ownSpecs: readonly Spec[] = [
  { path: "credit.mmf", text: credit },
  { path: "forms.mmf", text: forms },
];

export function allSpecs(): Spec[] {
  return [...ownSpecs, ...sharedSpecs()];
}

/** Every statement as a short line: `CreditRisk/head:risk`, with `!` behind it if it is broken. */
export function statementLines(ast: File): string[] {
  const line = (model: string, s: Statement) => {
    const name = "name" in s ? (s.name?.text ?? "") : "";
    return `${model}/${"word" in s ? s.word : s.kind}:${name}${s.broken ? "!" : ""}`;
  };
  return [
    ...ast.models.flatMap((m) => [`model:${m.name?.text}`, ...m.statements.map((s) => line(m.name?.text ?? "", s))]),
    ...ast.blocks.map((b) => line("", b)),
    ...ast.compares.map((c) => line("", c)),
    ...ast.uses.map((u) => `use:${u.path?.value}`),
  ];
}

export function read(text: string, path = "a.mmf") {
  return parse({ path, text });
}
