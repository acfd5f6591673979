/** Heads that say one thing for every row: what counts as that, for each kind of target. */
import { describe, expect, it } from "vitest";
import type { TrainPlan } from "../../../plan/plan.ts";
import type { HeadOutput } from "../../../runtime/evaluate/head-output.ts";
import { samePredictions } from "../../../runtime/train/judge.ts";

const head = (output = true) => ({ target: "t", loss: "mse", lossWeight: 1, metrics: [], output });
const plan = { heads: { h: head(), inner: head(false) } } as unknown as TrainPlan;
const found = (validation: HeadOutput, name = "h") => samePredictions(plan, { [name]: { validation } });
const fill = (n: number, value: (row: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => value(i));
const binary = (probability: (row: number) => number, label = (row: number) => row % 2, rows = 12): HeadOutput => ({
  target: { type: "binary", classes: ["no", "yes"] },
  rows,
  probabilities: fill(rows, probability),
  labels: fill(rows, label),
});

describe("one prediction for all rows", () => {
  it("of classes, however sure it is of them", () => {
    expect(found(binary((i) => 0.1 + i / 100))).toEqual([{ name: "h", value: "no", rows: 12, classes: true }]);
    expect(found(binary((i) => (i === 5 ? 0.6 : 0.1)))).toEqual([]);
    const multiclass: HeadOutput = {
      target: { type: "multiclass", classes: ["a", "b", "c"] },
      rows: 10,
      probabilities: fill(30, (i) => (i % 3 === 2 ? 0.5 + i / 100 : 0.1)),
      labels: fill(10, (i) => i % 3),
    };
    expect(found(multiclass)).toEqual([{ name: "h", value: "c", rows: 10, classes: true }]);
  });

  it("of labels, none or the same ones", () => {
    const labels = (p: (i: number) => number): HeadOutput => ({
      target: { type: "multilabel", classes: ["a", "b"] },
      rows: 10,
      probabilities: fill(20, p),
      labels: fill(20, (i) => (i % 3 === 0 ? 1 : 0)),
    });
    expect(found(labels(() => 0.2))[0]?.value).toBe("none");
    expect(found(labels((i) => (i % 2 === 1 ? 0.9 : 0.2)))[0]?.value).toBe("b");
    expect(found(labels((i) => (i === 7 ? 0.9 : 0.2)))).toEqual([]);
  });

  it("of numbers", () => {
    const numbers = (value: (i: number) => number): HeadOutput => ({
      target: { type: "regression", columns: ["x"] },
      rows: 10,
      values: fill(10, value),
      labels: fill(10, (i) => i),
    });
    expect(found(numbers(() => 4.5))).toEqual([{ name: "h", value: "4.500", rows: 10, classes: false }]);
    expect(found(numbers((i) => 4.5 + i * 1e-9))).toEqual([]);
  });

  it("is nothing to speak of where the rows are all alike, too few, or the head is no output", () => {
    const same = (): number => 0.1;
    expect(found(binary(same, () => 0))).toEqual([]);
    expect(found(binary(same, undefined, 9))).toEqual([]);
    expect(found(binary(same), "inner")).toEqual([]);
    expect(found(binary(() => Number.NaN))).toEqual([]);
    expect(samePredictions(plan, { h: {} })).toEqual([]);
  });
});
