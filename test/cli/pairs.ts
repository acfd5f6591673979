/** A small model with all that a checkpoint has to hold, for the tests of stopping and going on. */

/** Two columns that only together tell the label; statistics, dropout, a schedule, floors. */
export const pairsSpec = `model Pairs {
  data { source: "pairs.csv", id: "id", split: random(train: 70%, validation: 15%, test: 15%) }
  modality sheet: tabular { numeric: ["a"], categorical: ["kind"] }
  modality other: tabular { numeric: ["b"] }
  target label: binary { positive: "yes" }
  fusion both: early = concatenate(sheet, other)
  encoder inner = both -> dense(32, relu) -> batch_normalization -> dropout(0.2) -> dense(16, relu)
  head guess: label = inner { metrics: [accuracy, f1] }
  train { optimizer: adamw(1e-2), schedule: cosine(warmup: 20%), epochs: 8, batch_size: 32, seed: 1, stop: early_stopping(patience: 6, monitor: guess.accuracy) }
  evaluate { baselines: [only(sheet), only(other)], bootstrap: 100 }
}
`;

export function pairsTable(rows = 300): string {
  let state = 7;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  };
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = [next(), next(), next()];
    return `p${i},${a.toFixed(4)},${b.toFixed(4)},${c > 0 ? "x" : "y"},${a * b + 0.1 * next() > 0.02 ? "yes" : "no"}`;
  });
  return `id,a,b,kind,label\n${lines.join("\n")}\n`;
}

/** The same, for hours. */
export const longSpec = pairsSpec.replace("epochs: 8", "epochs: 3000").replace("patience: 6", "patience: 3000");

export const train = (out: string, ...more: string[]): string[] => ["train", "--threads", "1", "-o", out, ...more];
export const resume = (out: string): string[] => ["train", "--resume", out];
