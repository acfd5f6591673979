/** Counts against Keras's own numbers for the same layers, and how numbers are written. */
import { describe, expect, test } from "vitest";
import {
  costText,
  countCost,
  countWeights,
  exactWeightsText,
  groupTable,
  shortCount,
  shortNumber,
  threeDigits,
  weightsText,
} from "../../../compiler/ir/cost.ts";
import type { FlowGroup, Model } from "../../../compiler/ir/ir.ts";
import { add, printDim, symbol } from "../../../compiler/types/dim.ts";
import { avDigits, creditRisk, rare, seed } from "../../support/ir-fixtures.ts";

const group = (model: Model, id: string) => model.groups.find((each) => each.id === id) as FlowGroup;

describe("weights", () => {
  test("of the seed article's model: what Keras's summary() says", () => {
    const model = seed();
    expect(countWeights(model, group(model, "lstm_text"))).toBe(1_280_000 + 131_584);
    expect(countWeights(model, group(model, "flat_image"))).toBe(896);
    expect(countWeights(model, group(model, "merged"))).toBe(38_703_232);
    expect(countWeights(model, group(model, "output"))).toBe(129);
  });
  test("a shared layer counts once, wherever it is called", () => {
    const model = rare();
    expect(countWeights(model, group(model, "left"))).toBe(27_712);
    expect(countWeights(model, group(model, "right"))).toBe(27_712);
    const sum = model.groups.reduce((total, each) => total + (countWeights(model, each) as number), 0);
    expect(countWeights(model)).toBe(sum - 27_712);
  });
  test("stages inside structures count, and repetitions each", () => {
    const model = rare();
    expect(countWeights(model, [group(model, "seen").calls[1] as never])).toBe(3 * (128 + 4160));
  });
  test("a size only the data know stays in the expression", () => {
    expect(printDim(countWeights(creditRisk(), group(creditRisk(), "ratios")))).toBe("32·sheet.features + 32");
  });
});

test("multiply-adds and the table that train prints", () => {
  const model = avDigits();
  expect(countCost(model)).toBe(97_344 + 173_056 + 188_800 + 2_048 + 640);
  expect(groupTable(model)).toEqual([
    { name: "seen", kind: "encoder", shapes: "28×28×1 → 64", weights: 173_280, cost: 270_400 },
    { name: "heard", kind: "encoder", shapes: "63×20 → 64", weights: 5_344, cost: 190_848 },
    { name: "joint", kind: "mid fusion", stage: "mid", shapes: "64, 64 → 64", weights: 0, cost: 0 },
    { name: "guess", kind: "head", shapes: "64 → 10", weights: 650, cost: 640 },
  ]);
});

describe("how numbers are written", () => {
  test.each([
    [0, "0"],
    [3_456, "3,456"],
    [9_999, "9,999"],
    [10_000, "10.0 k"],
    [41_024, "41.0 k"],
    [312_704, "313 k"],
    [999_499, "999 k"],
    [999_500, "1.00 M"],
    [999_950, "1.00 M"],
    [1_280_000, "1.28 M"],
    [22_430_720, "22.4 M"],
    [1_500_000_000, "1.50 G"],
    [2e12, "2.00 T"],
    [1.5e15, "1,500 T"],
  ])("%d weights are %s", (n, text) => expect(shortNumber(n)).toBe(text));
  test("multiply-adds have three digits from a thousand on", () => {
    expect([640, 1_234, 2_590_144].map(threeDigits)).toEqual(["640", "1.23 k", "2.59 M"]);
    expect(costText(add(symbol("s"), 2_590_000))).toBe("≥ 2.59 M");
  });
  test("words", () => {
    expect(weightsText(0)).toBeUndefined();
    expect(weightsText(1)).toBe("1 weight");
    expect(exactWeightsText(1_280_000)).toBe("1,280,000 weights");
    expect(shortCount(add(symbol("s"), 63))).toBe("≥ 64");
    expect(weightsText(symbol("?"))).toBeUndefined();
  });
});
