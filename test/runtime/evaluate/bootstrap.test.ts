import { describe, expect, it } from "vitest";
import { bootstrapDifference, bootstrapIntervals } from "../../../runtime/evaluate/bootstrap.ts";
import { constantFloor } from "../../../runtime/evaluate/floors.ts";
import type { HeadOutput } from "../../../runtime/evaluate/head-output.ts";
import { evaluateMetrics, prepareMetrics } from "../../../runtime/evaluate/metrics/table.ts";

/** `right` of `rows` binary rows are guessed right; labels alternate. */
function guesses(rows: number, isRight: (row: number) => boolean): HeadOutput {
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 2);
  const probabilities = Float64Array.from(labels, (y, i) => ((y === 1) === isRight(i) ? 0.8 : 0.2));
  return { target: { type: "binary", classes: ["no", "yes"] }, rows, labels, probabilities };
}

describe("bootstrapIntervals", () => {
  it("has the width of a share's normal interval", () => {
    const { intervals, resamples } = bootstrapIntervals(
      guesses(1000, (i) => i % 5 !== 0),
      ["accuracy"],
      { resamples: 2000, seed: 1 },
    );
    expect(resamples).toBe(2000);
    const [low, high] = intervals.accuracy as [number, number];
    const half = 1.96 * Math.sqrt((0.8 * 0.2) / 1000);
    expect(low).toBeGreaterThan(0.8 - 1.15 * half);
    expect(low).toBeLessThan(0.8 - 0.85 * half);
    expect(high).toBeLessThan(0.8 + 1.15 * half);
    expect(high).toBeGreaterThan(0.8 + 0.85 * half);
  });
  it("is the same for the same seed and another for another", () => {
    const output = guesses(200, (i) => i % 3 !== 0);
    const of = (seed: number) =>
      bootstrapIntervals(output, ["accuracy", "roc_auc", "log_loss"], { resamples: 300, seed });
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });
  it("has none where a metric is not defined", () => {
    const one: HeadOutput = {
      target: { type: "binary" },
      rows: 50,
      labels: new Int32Array(50),
      probabilities: new Float64Array(50),
    };
    expect(bootstrapIntervals(one, ["roc_auc"], { resamples: 200, seed: 0 }).intervals.roc_auc).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
  });
  it("takes about a second for 10,000 rows and every usual metric", () => {
    const rows = 10_000;
    const output = guesses(rows, (i) => i % 7 !== 0);
    for (let i = 0; i < rows; i++) (output.probabilities as Float64Array)[i]! += (i % 97) / 1000;
    const start = performance.now();
    const { resamples } = bootstrapIntervals(output, ["accuracy", "f1", "mcc", "roc_auc"], {
      resamples: 1000,
      seed: 1,
    });
    expect(resamples).toBe(1000);
    // Ten times the aim: this machine may be busy.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
  it("makes fewer draws of many rows, and says so", () => {
    const { resamples } = bootstrapIntervals(
      guesses(100_000, () => true),
      ["accuracy"],
      { resamples: 1000, seed: 1 },
    );
    expect(resamples).toBeLessThan(1000);
    expect(resamples).toBeGreaterThanOrEqual(100);
  });
  it("counts a drawn row as often as it was drawn, for every metric", () => {
    // Two classes of three rows; each metric on all rows twice equals the metric on the rows once.
    const output = guesses(60, (i) => i % 4 !== 0);
    const twice: HeadOutput = {
      ...output,
      rows: 120,
      labels: Int32Array.from([...output.labels, ...output.labels]),
      probabilities: Float64Array.from([
        ...(output.probabilities as Float64Array),
        ...(output.probabilities as Float64Array),
      ]),
    };
    const calls = [
      "accuracy",
      "balanced_accuracy",
      "f1",
      "mcc",
      "kappa",
      "roc_auc",
      "pr_auc",
      "log_loss",
      "brier",
      "ece",
    ];
    const [once, doubled] = [evaluateMetrics(output, calls), evaluateMetrics(twice, calls)];
    for (const key of calls) expect(doubled[key]).toBeCloseTo(once[key] as number, 12);
  });
});

describe("bootstrapDifference", () => {
  it("is narrower than the two intervals, since the draws are the same", () => {
    const model = guesses(400, (i) => i % 10 !== 0);
    const rival = guesses(400, (i) => i % 10 !== 0 && i % 37 !== 0);
    const { gain, interval, rows } = bootstrapDifference(model, rival, "accuracy", { resamples: 1000, seed: 1 });
    expect(rows).toBe(400);
    expect(gain).toBeCloseTo(
      (evaluateMetrics(model, ["accuracy"]).accuracy as number) -
        (evaluateMetrics(rival, ["accuracy"]).accuracy as number),
      12,
    );
    expect(interval[0]).toBeGreaterThan(0);
    expect(interval[1]).toBeLessThan(0.05);
  });
  it("is 0 against itself, and on the common rows only", () => {
    const model = guesses(100, (i) => i % 10 !== 0);
    const rival = { ...model, predicted: Uint8Array.from({ length: 100 }, (_, i) => (i < 40 ? 1 : 0)) };
    const found = bootstrapDifference(model, rival, "log_loss", { resamples: 200, seed: 1 });
    expect(found).toMatchObject({ rows: 40, gain: 0, interval: [0, 0] });
  });
  it("counts lower errors as a gain", () => {
    const labels = Float64Array.from({ length: 50 }, (_, i) => i);
    const at = (error: number): HeadOutput => ({
      target: { type: "regression" },
      rows: 50,
      labels,
      values: labels.map((y) => y + error),
    });
    const { gain, interval } = bootstrapDifference(at(1), at(3), "mae", { resamples: 200, seed: 1 });
    expect(gain).toBeCloseTo(2, 12);
    expect(interval[0]).toBeCloseTo(2, 12);
  });
});

describe("constantFloor", () => {
  it("guesses the commonest class with the training rows' shares", () => {
    const output: HeadOutput = {
      target: { type: "multiclass", classes: ["a", "b", "c"] },
      rows: 4,
      labels: Int32Array.of(0, 1, 1, 2),
      probabilities: new Float64Array(12),
    };
    const floor = constantFloor(output, { counts: [1, 3, 0] });
    const numbers = evaluateMetrics(floor, ["accuracy", "roc_auc", "log_loss"]);
    expect(numbers.accuracy).toBe(0.5);
    expect(numbers.roc_auc).toBe(0.5);
    expect(numbers.log_loss).toBeCloseTo((Math.log(4) + 2 * Math.log(4 / 3) - Math.log(Number.EPSILON)) / 4, 10);
  });
  it("guesses the mean in own units, and its transform for transformed metrics", () => {
    const output: HeadOutput = {
      target: { type: "regression", columns: ["price"] },
      rows: 2,
      labels: Float64Array.of(10, 30),
      values: new Float64Array(2),
      transformed: { labels: Float64Array.of(Math.log(10), Math.log(30)), values: new Float64Array(2) },
    };
    const floor = constantFloor(output, { mean: [25] }, Math.log);
    const numbers = evaluateMetrics(floor, ["mae", { mae: { transformed: true } }]);
    expect(numbers.mae).toBe(10);
    expect(numbers.mae_transformed).toBeCloseTo((Math.log(2.5) + Math.log(1.2)) / 2, 12);
    expect(() => constantFloor(output, { mean: [25] })).toThrow("its transform");
  });
});

describe("roc_auc on draws", () => {
  it("is the same by the loop without ties as by the one with ties", () => {
    // The same order of rows: once no two scores are equal, once one far below all others is there twice, never drawn.
    const rows = 50;
    const labels = Int32Array.from({ length: rows + 2 }, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0));
    const scores = Float64Array.from({ length: rows + 2 }, (_, i) => (i < rows ? ((i * 29) % 53) / 53 : -1));
    const output: HeadOutput = { target: { type: "binary" }, rows: rows + 2, labels, probabilities: scores };
    const counts = Uint32Array.from({ length: rows + 2 }, (_, i) => (i < rows ? (i * 5) % 4 : 0));
    const alone = Int32Array.from({ length: rows }, (_, i) => i);
    const [withTies] = prepareMetrics(output, ["roc_auc"]);
    const [without] = prepareMetrics(output, ["roc_auc"], alone);
    expect(without?.measure(counts.subarray(0, rows))).toBeCloseTo(withTies?.measure(counts) as number, 12);
  });
});
