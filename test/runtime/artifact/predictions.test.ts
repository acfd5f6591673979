import { describe, expect, it } from "vitest";
import type { DataPlan, TrainPlan } from "../../../plan/plan.ts";
import { csvLines, jsonLines, predictionsOf } from "../../../runtime/artifact/predictions.ts";
import type { FittedData } from "../../../runtime/data/batch.ts";
import { evaluateMetrics } from "../../../runtime/evaluate/metrics/table.ts";
import { headOutput, probabilitiesOf } from "../../../runtime/train/head-outputs.ts";
import { floats, ints, memoryPart } from "../train/memory-part.ts";

const head = { loss: "", lossWeight: 1, metrics: [], output: true };
const context = {
  data: {
    targets: {
      topics: { type: "multilabel", columns: ["topics"] },
      mood: { type: "multiclass", columns: ["mood"] },
      prices: { type: "regression", columns: ["low", "high"], transform: "standard" },
    },
  } as unknown as DataPlan,
  training: {
    heads: {
      about: { ...head, target: "topics" },
      feels: { ...head, target: "mood", needs: ["voice"] },
      helper: { ...head, target: "mood", output: false },
      costs: { ...head, target: "prices" },
    },
  } as unknown as TrainPlan,
  fitted: {
    version: 1,
    modalities: {},
    targets: {
      topics: { classes: ["oil", "tax, law"] },
      mood: { classes: ["好", "坏", 'so "so"'] },
      prices: { columns: ["low", "high"], transform: "standard", scale: { mean: [10, 100], deviation: [2, 50] } },
    },
  } satisfies FittedData,
};
const inputs = { x: floats([0, 0], 2, 1), "voice.present": floats([1, 0], 2) };
const outputs = {
  about: { data: Float32Array.of(2, -2, 3, 4), width: 2 },
  feels: { data: Float32Array.of(0, 1000, 0, 1, 1, 1), width: 3 },
  helper: { data: Float32Array.of(0, 0, 0, 0, 0, 0), width: 3 },
  costs: { data: Float32Array.of(0, 1, -1, 0.5), width: 2 },
};

describe("predictions", () => {
  const table = predictionsOf(context, memoryPart(inputs, {}), outputs);

  it("are columns by head and class: labels, classes in any script, values in their own units, nothing where a modality is absent", () => {
    expect([...csvLines(table)]).toEqual([
      'id,about,about_oil,"about_tax, law",feels,feels_好,feels_坏,"feels_so ""so""",costs_low,costs_high\n',
      "1,oil,0.880797078,0.119202922,坏,0,1,0,10,150\n",
      '2,"oil;tax, law",0.952574127,0.982013790,,,,,8,125\n'.replace("0.982013790", "0.98201379"),
    ]);
    expect(JSON.parse([...jsonLines(table)][1] as string)).toMatchObject({
      id: "2",
      about: ["oil", "tax, law"],
      feels: null,
      feels_坏: null,
      costs_high: 125,
    });
  });

  it("of heads that are no outputs are left out", () => {
    expect(table.columns.some((column) => column.name.startsWith("helper"))).toBe(false);
  });

  it("softmax does not overflow", () => {
    expect(Array.from(probabilitiesOf("multiclass", { data: Float32Array.of(1e4, 0, -1e4), width: 3 }))).toEqual([
      1, 0, 0,
    ]);
  });
});

describe("what is judged", () => {
  it("leaves out rows that a head cannot predict", () => {
    const part = memoryPart(inputs, { mood: ints([1, 0], 2) });
    const output = headOutput(context, "feels", part, outputs.feels);
    expect(evaluateMetrics(output as NonNullable<typeof output>, ["accuracy"]).accuracy).toBe(1);
  });

  it("is in the column's own units, and in those of the loss where the metric says so", () => {
    const part = memoryPart(inputs, { prices: floats([0, 0, 0, 0], 2, 2) });
    const output = headOutput(context, "costs", part, outputs.costs) as NonNullable<ReturnType<typeof headOutput>>;
    expect(Array.from(output.values ?? [])).toEqual([10, 150, 8, 125]);
    expect(Array.from(output.labels)).toEqual([10, 100, 10, 100]);
    expect(Array.from(output.transformed?.values ?? [])).toEqual([0, 1, -1, 0.5]);
  });

  it("is nothing where the table has no labels", () => {
    expect(headOutput(context, "feels", memoryPart(inputs, {}), outputs.feels)).toBeUndefined();
  });
});
