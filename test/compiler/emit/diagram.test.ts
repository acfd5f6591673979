/** Rules of the picture that the design's own files do not show. */
import { describe, expect, test } from "vitest";
import { arrowsOf, nodesOf, subgraphsOf, textOf } from "../../../compiler/emit/diagram/diagram.ts";
import { noteOf } from "../../../compiler/emit/diagram/note.ts";
import { diagramOf } from "../../../compiler/emit/diagram/of.ts";
import { pretty } from "../../../compiler/emit/diagram/text.ts";
import { emitMermaid } from "../../../compiler/emit/mermaid/emit.ts";
import { buildModel, type FlowSpec, type ModelSpec, stage } from "../../support/ir-builder.ts";
import { creditRisk } from "../../support/ir-fixtures.ts";

const head = (id: string, source: string, more: Partial<NonNullable<FlowSpec["head"]>> = {}): FlowSpec => ({
  kind: "head",
  id,
  sources: [source],
  stages: [stage("dense(1)", "f32[B, classes=1]", [8, 1])],
  head: { target: "y", loss: "mse", lossWeight: 1, auxiliary: false, output: true, ...more },
});
const vector = (id: string, optional = false): ModelSpec["modalities"][number] => ({
  id,
  modality: "vector",
  type: "f32[B, features=8]",
  steps: [`column "${id}"`],
  optional,
});
const dense = (id: string, source: string, texts: readonly string[] = ["dense(8)"]): FlowSpec => ({
  kind: "encoder",
  id,
  sources: [source],
  stages: texts.map((text) => stage(text, "f32[B, features=8]", ...(/^(relu|dropout)/.test(text) ? [] : [[8, 8]]))),
});
const fuse = (id: string, sources: readonly string[], kind: "early" | "mid" | "late" = "mid"): FlowSpec => ({
  kind: "fusion",
  id,
  stage: kind,
  sources,
  stages: [stage("average", "f32[B, features=8]")],
});
const model = (modalities: ModelSpec["modalities"], flows: readonly FlowSpec[], more: Partial<ModelSpec> = {}) =>
  buildModel({
    name: "M",
    spec: "m.mmf",
    doc: "",
    modalities,
    flows,
    targets: [{ id: "y", target: "regression" }],
    sections: [],
    ...more,
  });

const lines = (of: ReturnType<typeof model>, id: string) =>
  nodesOf(diagramOf(of))
    .find((node) => node.id === id)
    ?.lines.map(textOf);

describe("columns", () => {
  // `facts` goes past the encoder's column; `early` is a shorter way to a target than `late`.
  const wide = model(
    [vector("picture"), vector("facts")],
    [dense("seen", "picture"), fuse("joint", ["seen", "facts"]), head("early", "seen"), head("late", "joint")],
  );
  test("modalities share the first column, targets the last", () => {
    const lengths = arrowsOf(diagramOf(wide)).map(({ from, to, length }) => `${from} ${to} ${length}`);
    expect(lengths).toEqual([
      "picture seen 1",
      "seen joint 1",
      "facts joint 2",
      "seen early 1",
      "early y 2",
      "joint late 1",
      "late y 1",
    ]);
  });
  test("by extra dashes and dots", () => {
    expect(emitMermaid(wide)).toContain('  facts -- "8" ---> joint\n');
    expect(emitMermaid(wide)).toContain('  early -. "mse" ..-> y\n  joint -- "8" --> late\n  late -. "mse" .-> y\n');
  });
});

describe("summaries", () => {
  const summary = (texts: readonly string[]) =>
    lines(model([vector("x")], [dense("e", "x", texts), head("h", "e")]), "e")?.[1];
  test.each([
    [["dense(8)"], "dense"],
    [["dense(8)", "relu", "conv1d(8, 3)", "lstm(8)"], "dense → conv1d → lstm"],
    [["dense(8)", "conv1d(8, 3)", "gru(8)", "lstm(8)"], "dense → … → lstm"],
    [["dense(8)", "relu", "dense(8)", "dense(8)", "lstm(8)"], "3 × dense → lstm"],
    [["relu", "dropout(0.1)"], "relu → dropout"],
  ])("%j is %s", (texts, expected) => expect(summary(texts)).toBe(expected));
});

describe("titles", () => {
  const title = (flows: readonly FlowSpec[]) => diagramOf(model([vector("a"), vector("b")], flows)).title;
  test("several stages, in their order", () =>
    expect(
      title(
        [fuse("j", ["e", "a"]), fuse("e", ["a", "b"], "early"), head("h", "j")].sort((x) => (x.id === "e" ? -1 : 1)),
      ),
    ).toBe("M · early + mid fusion · 8 weights"));
  test("no fusion", () => expect(title([dense("e", "a"), head("h", "e")])).toBe("M · 72 weights"));
});

describe("what may be absent", () => {
  const optional = model(
    [vector("a", true), vector("b")],
    [
      { ...dense("e", "a"), absentWith: ["a"] },
      fuse("j", ["e", "b"]),
      { ...head("aux", "e", { auxiliary: true, output: false }), absentWith: ["a"] },
      head("h", "j"),
    ],
  );
  test("the dashes end at the fusion", () => {
    const diagram = diagramOf(optional);
    expect(
      nodesOf(diagram)
        .filter((node) => node.marks.includes("optional"))
        .map((node) => node.id),
    ).toEqual(["a", "e"]);
    expect(
      arrowsOf(diagram)
        .filter((arrow) => arrow.optional)
        .map((arrow) => `${arrow.from} ${arrow.to}`),
    ).toEqual(["a e", "e j"]);
  });
  test("an auxiliary head is dotted, not dashed, and has no arrow to the target", () => {
    const diagram = diagramOf(optional);
    expect(nodesOf(diagram).find((node) => node.id === "aux")).toMatchObject({ marks: ["training"] });
    expect(
      arrowsOf(diagram)
        .filter((arrow) => arrow.dotted)
        .map((arrow) => `${arrow.from} ${arrow.to}`),
    ).toEqual(["e aux", "h y"]);
  });
  test("it says so in words", () =>
    expect(diagramOf(optional).description).toBe(
      "Inputs: a (vector, optional), b (vector). Mid fusion j: average of e, b. Head h predicts y (regression).",
    ));
});

test("an auxiliary head of a lower branch stands after the fusion, at full before it", () => {
  const lower = model(
    [vector("a"), vector("b")],
    [
      dense("e", "a"),
      dense("f", "b"),
      fuse("j", ["e", "f"]),
      head("aux", "f", { auxiliary: true, output: false }),
      head("h", "j"),
    ],
  );
  const order = (ids: readonly string[]) => ids.filter((id) => ["aux", "j", "h"].includes(id));
  expect(order(nodesOf(diagramOf(lower)).map((node) => node.id))).toEqual(["j", "aux", "h"]);
  expect(order(subgraphsOf(diagramOf(lower, "full")).map((each) => each.id))).toEqual(["aux", "j", "h"]);
});

test("a second shared block is green", () => {
  const tower = (id: string, block: string, source: string): FlowSpec => ({
    ...dense(id, source),
    shared: block,
    stages: [
      {
        text: block,
        type: "f32[B, features=8]",
        layer: block,
        block: { name: block, shared: true },
        bodies: { stages: [{ ...stage("dense(8)", "f32[B, features=8]", [8, 8]), layer: `${block}_dense` }] },
      },
    ],
  });
  const two = model(
    [vector("a"), vector("b"), vector("c"), vector("d")],
    [
      tower("e", "one", "a"),
      tower("f", "one", "b"),
      tower("g", "two", "c"),
      tower("i", "two", "d"),
      fuse("j", ["e", "f", "g", "i"]),
      head("h", "j"),
    ],
  );
  const overview = emitMermaid(two);
  expect(overview).toContain(
    "  classDef shared fill:#AA449926,stroke:#AA4499\n  class e,f shared\n  classDef shared2 fill:#22883326,stroke:#228833\n  class g,i shared2\n",
  );
  const full = emitMermaid(two, { detail: "full" });
  expect(full).toContain('same weights as g`"]:::shared2');
  expect(full).toContain("  class g.1 shared2");
});

test.each([
  ["conv2d(32, 3x3, relu)", "conv2d(32, 3×3, relu)"],
  ["conv3d(8, 3x3x3)", "conv3d(8, 3×3×3)"],
  ["embedding(10_000)", "embedding(10,000)"],
  ["adam(1e-3)", "adam(1e-3)"],
  ['file "3x3_1_000.png"', 'file "3x3_1_000.png"'],
  ["mx3x3", "mx3x3"],
  ["rescale(1/255)", "rescale(1/255)"],
  ["bottleneck(1_000x2)", "bottleneck(1_000x2)"],
])("%s reads %s", (text, expected) => expect(pretty(text)).toBe(expected));

test("the note breaks after commas at 40 characters and never inside a string", () => {
  const note = noteOf({
    ...creditRisk(),
    sections: [
      {
        word: "data",
        text: 'source: query("""\n  select a, b, c, d, e, f from x\n"""), where: "a, b, c, d, e, f, g, h, i, j, k, l, m", id: "n"',
      },
    ],
  });
  expect(note.map(textOf)).toEqual([
    'data source: query("""\u0020select a, b, c, d, e, f from x """),',
    '\u00a0\u00a0\u00a0where: "a, b, c, d, e, f, g, h, i, j, k, l, m",',
    '\u00a0\u00a0\u00a0id: "n"',
  ]);
});
