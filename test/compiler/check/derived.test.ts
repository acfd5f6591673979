/** A derived model: what nothing needs any more is left out silently, also where it would not fit any more. */
import { expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";
import { verify } from "../../../compiler/ir/verify.ts";

const base = `
model A {
  data { source: "reviews.csv" }
  modality note: text { tokens: 12 }
  modality facts: tabular { numeric: ["age"] }
  target churned: binary
  encoder words = note -> embedding(8) -> global_average_pooling1d
  encoder nums = facts -> dense(8, relu)
  fusion joint: mid = concatenate(words, nums)
  head risk: churned = joint
}
`;
const compile = (text: string) => compileText(text, { path: "a.mmf", host: { read: () => undefined } });

it("leaves out an inherited encoder that reads what has changed", async () => {
  const { diagnostics, models } = await compile(`${base}
model B from A {
  modality note: text { output: tf_idf }
  fusion joint: early = concatenate(note, facts)
}`);
  expect(diagnostics).toEqual([]);
  expect(models[1]?.ir?.groups.map((g) => g.id)).toEqual(["note", "facts", "joint", "risk", "churned"]);
});

it("says what is wrong with an inherited encoder that is still needed", async () => {
  const { diagnostics } = await compile(`${base}
model B from A {
  modality note: text { output: tf_idf }
}`);
  expect(diagnostics.map((d) => d.code)).toEqual(["ids-or-numbers"]);
});

it("watches its loss where the head that the base watches is not there any more", async () => {
  const watching = base.replace(
    "head risk",
    "train { stop: early_stopping(patience: 2, monitor: risk.f1) }\n  head risk",
  );
  const { diagnostics, models } = await compile(`${watching}
model B from A {
  head other: churned = words
}`);
  expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  expect(models.map(({ ir }) => ir?.training.stop?.monitor)).toEqual(["risk.f1", "loss"]);
  for (const { ir } of models) expect(verify(ir!)).toEqual([]);
});

it("does not repeat what the base has said: data that are not there, names that it lacks", async () => {
  const { diagnostics } = await compile(`${base.replace("  target churned: binary\n", "").replace(/ {2}data.*\n/, "")}
model B from A {
  head other: churned = words
  head another: churned = nums
}
model C from B { }`);
  expect(diagnostics.map((d) => d.code)).toEqual(["missing-parameter", "unknown-name"]);
});
