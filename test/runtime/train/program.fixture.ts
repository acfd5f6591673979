/** A program as the compiler writes it, over a small table that it also makes: two tabular modalities that only together say the answer. */
import { mkdtemp, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { generator } from "./memory-part.ts";

export const programJs = `import { apply, defineProgram } from "mmfc/runtime";

export const data = {
  source: "firms.csv",
  id: "firm",
  split: { by: "in_order", train: 0.6, validation: 0.2, test: 0.2 },
  modalities: {
    sheet: { type: "tabular", numeric: ["a", "b"], categorical: ["sector"], normalize: "standard" },
    market: { type: "vector", columns: ["m1", "m2"], normalize: "standard", optional: true },
  },
  targets: {
    defaulted: { type: "binary", columns: ["defaulted"], positive: "yes" },
    rating: { type: "multiclass", columns: ["rating"], optional: true },
    size: { type: "regression", columns: ["size"], transform: "log" },
  },
};

function sheetOf(tf, fitted, name) {
  return tf.input({ name, shape: [fitted.features(name)] });
}

export function buildModel(tf, fitted) {
  const sheet = sheetOf(tf, fitted, "sheet");
  const market = tf.input({ name: "market", shape: [2], optional: true });
  const known = apply(sheet, tf.layers.dense({ name: "known_dense", units: 16, activation: "relu" }));
  const priced = apply(market, tf.layers.dense({ name: "priced_dense", units: 16, activation: "relu" }));
  const joint = apply([known, priced],
    tf.layers.concatenate({ name: "joint_concatenate" }),
    tf.layers.dense({ name: "joint_dense", units: 32, activation: "relu" }),
    tf.layers.dropout({ name: "joint_dropout", rate: 0.1 }));
  const risk = apply(joint, tf.layers.dense({ name: "risk", units: 1 }));
  const grade = apply(joint, tf.layers.dense({ name: "grade", units: fitted.classes("rating") }));
  const volume = apply(known, tf.layers.dense({ name: "volume", units: 1 }));
  return tf.model({ name: "Firms", inputs: [sheet, market], outputs: { risk, grade, volume } });
}

export const training = {
  heads: {
    risk: { target: "defaulted", loss: "binary_crossentropy", lossWeight: 1, metrics: ["accuracy", "f1", "roc_auc", "confusion"], output: true },
    grade: { target: "rating", loss: "categorical_crossentropy", lossWeight: 0.5, metrics: ["accuracy", { f1: { average: "macro" } }], output: true },
    volume: { target: "size", loss: "huber", lossWeight: 0.5, metrics: ["mae", "r2", { r2: { transformed: true } }], output: true },
  },
  optimizer: { adam: { learningRate: 0.01 } },
  schedule: { cosine: { warmup: 0.1 } },
  epochs: 12,
  batchSize: 32,
  clip: { norm: 5 },
  stop: { patience: 4, monitor: "risk.accuracy" },
  seed: 3,
};

export const evaluation = { baselines: ["majority", { only: { modality: "sheet" } }, { only: { modality: "market" } }], bootstrap: 200 };

export const floors = {
  "only(sheet)": (tf, fitted) => {
    const sheet = sheetOf(tf, fitted, "sheet");
    const known = apply(sheet, tf.layers.dense({ name: "known_dense", units: 16, activation: "relu" }));
    const risk = apply(known, tf.layers.dense({ name: "risk", units: 1 }));
    return tf.model({ name: "Firms", inputs: [sheet], outputs: { risk } });
  },
  "only(market)": (tf) => {
    const market = tf.input({ name: "market", shape: [2], optional: true });
    const priced = apply(market, tf.layers.dense({ name: "priced_dense", units: 16, activation: "relu" }));
    const risk = apply(priced, tf.layers.dense({ name: "risk", units: 1 }));
    return tf.model({ name: "Firms", inputs: [market], outputs: { risk } });
  },
};

export default defineProgram({ name: "Firms", spec: "firms.mmf", data, buildModel, training, evaluation, floors });
`;

/** A folder with firms.csv: risk is the sign of a sum over both modalities, size about the exponential of one column. */
export async function firmsFolder(rows = 400): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "mmfc-firms-"));
  await writeFile(path.join(folder, "firms.csv"), firmsCsv(rows, 11, true));
  return folder;
}

export function firmsCsv(rows: number, seed: number, labels: boolean): string {
  const random = generator(seed);
  const uniform = (): number => random() * 2 - 1;
  const lines = [`firm,a,b,sector,m1,m2${labels ? ",defaulted,rating,size" : ""}`];
  for (let row = 0; row < rows; row++) {
    const [a, b, m1, m2] = [uniform(), uniform(), uniform(), uniform()];
    const sector = ["bank", "oil", "steel"][Math.floor(random() * 3)] as string;
    const market = random() < 0.1 ? "," : `${m1},${m2}`;
    const score = a + m1;
    const rating = random() < 0.2 ? "" : score > 0.5 ? "C" : score > -0.5 ? "B" : "A";
    // With some noise: a target that a column tells exactly is refused.
    const size = Math.exp(3 + 2 * b + 0.4 * uniform());
    const truth = labels ? `,${score > 0 ? "yes" : "no"},${rating},${size}` : "";
    lines.push(`f${row},${a},${b},${sector},${market}${truth}`);
  }
  return `${lines.join("\n")}\n`;
}
