/** The printed form: what a reader relies on, and one whole model as it was reviewed. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allCalls } from "../../../compiler/ir/cost.ts";
import type { Model } from "../../../compiler/ir/ir.ts";
import { bracketed, printIr } from "../../../compiler/ir/print.ts";
import { avDigits, creditRisk, fixtures, rare } from "../../support/ir-fixtures.ts";

test("AvDigits, whole, as it was reviewed", () => {
  expect(printIr(avDigits())).toBe(readFileSync(new URL("./avdigits.ir", import.meta.url), "utf8"));
});

describe("what a reader relies on", () => {
  for (const [name, build] of Object.entries(fixtures)) {
    const model: Model = build();
    const text = printIr(model);
    test(`${name}: every value and weight is there, columns stand below each other`, () => {
      for (const id of Object.keys(model.values)) expect(text).toContain(`%${id} `);
      const calls = model.groups.flatMap((group) => ("calls" in group ? [...allCalls(group.calls)] : []));
      expect(text.split("\n").filter((line) => /^\s+%/.test(line)).length).toBeGreaterThanOrEqual(calls.length);
      for (const place of Object.values(model.places))
        if (calls.length > 0) expect(text).toMatch(new RegExp(`# ${place.file}:\\d+`));
      expect(text.split("\n").every((line) => line === line.trimEnd())).toBe(true);
    });
    test(`${name}: the same model gives the same bytes`, () => expect(printIr(build())).toBe(text));
  }
  test("a layer that is used twice is named, its weights stand once", () => {
    const text = printIr(rare());
    expect(text.match(/@tower_conv2d %/g)).toHaveLength(2);
    expect(text.match(/@tower_conv2d .* 896/g)).toHaveLength(1);
  });
  test("optional values, frozen layers, losses with a factor, fitted steps", () => {
    expect(printIr(creditRisk())).toMatch(/%voice {2,}: f32\[B, features=64\]\? += global_average_pooling1d %voice\.1/);
    expect(printIr(creditRisk())).toMatch(
      /host\.tokenize\[words vocabulary=10000\] %report\.1 {2}fitted on training rows/,
    );
    expect(printIr(rare())).toContain("pretrained[minilm pool=mean] %文本  frozen");
    expect(printIr(rare())).toContain("0.3 × huber %values %price");
    expect(printIr(rare())).toContain("head from_text → risk, auxiliary");
  });
});

test.each([
  ["conv2d(32, 3x3, relu)", "conv2d[32 3x3 relu]"],
  ["gated(dim: 128)", "gated[dim=128]"],
  ["flatten", "flatten"],
  ['column "a, b: c(d)"', 'column["a, b: c(d)"]'],
  ["tokenize(words, vocabulary: 10_000)", "tokenize[words vocabulary=10000]"],
  ["bidirectional(lstm(64, dropout: 0.2))", "bidirectional[lstm[64 dropout=0.2]]"],
  ["normalize(standard), one_hot", "call[normalize(standard), one_hot]"],
  ["a(1), b(2)", "call[a(1), b(2)]"],
])("%s is printed %s", (text, printed) => expect(bracketed(text, "call")).toBe(printed));
