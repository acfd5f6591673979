/** No word of the registry that computes on the engine goes without a comparison of the engines (words.tf.test.ts). */
import { expect, test } from "vitest";
import { wordCases, wordsWithoutCase } from "./word-cases.ts";

const cases = wordCases();

test("every word has a case", () => expect(wordsWithoutCase(cases)).toEqual([]));

test("a word without one is named, with what to add", () => {
  const some = cases.filter(({ of }) => !of.some((word) => ["recurrent lstm", "optimizer adamw"].includes(word)));
  expect(wordsWithoutCase(some)).toEqual([
    "The recurrent `lstm` has no case: give its registry entry an `example`, or add a spec that uses it to test/runtime/engine/word-cases.ts.",
    "The optimizer `adamw` has no case: give its registry entry an `example`, or add a spec that uses it to test/runtime/engine/word-cases.ts.",
  ]);
});

test("a setting is a case of its own, in the place where the example has it", () => {
  const texts = new Map(cases.map(({ name, text }) => [name, text]));
  expect(texts.get("dense activation: tanh")).toContain("words -> dense(128, tanh)");
  expect(texts.get("conv1d padding: causal")).toContain("conv1d(64, 5, relu, padding: causal)");
  expect(texts.get("bidirectional merge_mode: mul")).toContain("bidirectional(lstm(64), merge_mode: mul)");
  expect(cases.length).toBeGreaterThan(180);
});
