/** Mermaid's own parser accepts every picture, and what it understood is the diagram. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Arrow,
  arrowsOf,
  type Detail,
  type Diagram,
  type DiagramNode,
  type Line,
  nodesOf,
  type Subgraph,
  subgraphsOf,
  textOf,
} from "../../../compiler/emit/diagram/diagram.ts";
import { safeIds } from "../../../compiler/emit/diagram/ids.ts";
import { diagramOf } from "../../../compiler/emit/diagram/of.ts";
import { escapeText } from "../../../compiler/emit/mermaid/escape.ts";
import { printMermaid } from "../../../compiler/emit/mermaid/print.ts";
import { buildModel, type FlowSpec, stage } from "../../support/ir-builder.ts";
import { fixtures } from "../../support/ir-fixtures.ts";
import { branches, deepTower } from "../../support/ir-large.ts";
import { type ParsedDiagram, parseMermaid } from "../../support/mermaid-parser.ts";

// Loading Mermaid takes longer than any test.
beforeAll(async () => void (await parseMermaid("flowchart LR\n  a --> b")), 60_000);

const details: readonly Detail[] = ["overview", "blocks", "full"];

const shapes: { readonly [shape in DiagramNode["shape"]]: string } = {
  rounded: "round",
  box: "square",
  text: "square",
  hexagon: "hexagon",
  stadium: "stadium",
  framed: "subroutine",
  point: "circle",
};

const markdown = (lines: readonly Line[]) =>
  lines
    .map((line) => line.map(({ text, bold, italic }) => (bold ? `**${text}**` : italic ? `*${text}*` : text)).join(""))
    .join("\n");

/** The diagram in the parser's own terms. */
function expected(diagram: Diagram): ParsedDiagram {
  const note: DiagramNode[] = diagram.note
    ? [{ kind: "node", id: "note", shape: "text", lines: diagram.note, role: "note", marks: [] }]
    : [];
  const node = (each: DiagramNode) => ({
    id: each.id,
    text: each.shape === "point" ? each.lines.map(textOf).join("").trim() : markdown(each.lines),
    shape: each.stacked ? "st-rect" : shapes[each.shape],
    classes: [each.role, ...each.marks].sort(),
  });
  const arrow = (each: Arrow) => ({
    from: each.from,
    to: each.to,
    text: each.label ?? "",
    stroke: each.dotted ? "dotted" : "normal",
    head: each.tie ? "arrow_open" : "arrow_point",
    length: each.length,
    style: [
      ...(each.optional ? ["stroke-dasharray:6 4"] : []),
      ...(each.wrong ? ["stroke:#CF222E", "stroke-width:2px"] : []),
    ],
  });
  const subgraph = (each: Subgraph) => ({
    id: each.id,
    title: markdown([each.title]).trim(),
    nodes: each.items.flatMap((item) => (item.kind === "arrow" ? [] : [item.id])).sort(),
    classes: [each.role, ...each.marks].sort(),
    direction: "TB",
  });
  return {
    nodes: [...nodesOf(diagram), ...note].map(node).sort(byId),
    arrows: arrowsOf(diagram).map(arrow),
    subgraphs: subgraphsOf(diagram).map(subgraph).sort(byId),
    accTitle: diagram.name,
    accDescription: diagram.description,
  };
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Subgraphs have vertices of their own where arrows name them; those say nothing that the subgraph does not. */
function understood(parsed: ParsedDiagram): ParsedDiagram {
  const subgraphs = new Set(parsed.subgraphs.map(({ id }) => id));
  return {
    ...parsed,
    nodes: parsed.nodes
      .filter(({ id }) => !subgraphs.has(id))
      .map((node) => ({ ...node, text: node.text.trim(), classes: [...node.classes].sort() }))
      .sort(byId),
    arrows: parsed.arrows.map((arrow) => ({ ...arrow, style: arrow.style.filter((style) => style !== "fill:none") })),
    subgraphs: parsed.subgraphs
      .map((each) => ({
        ...each,
        title: each.title.trim(),
        nodes: [...each.nodes].sort(),
        classes: [...each.classes].sort(),
      }))
      .sort(byId),
  };
}

async function sameAsRead(diagram: Diagram) {
  const wanted = expected(diagram);
  expect(understood(await parseMermaid(printMermaid(diagram)))).toEqual({
    ...wanted,
    nodes: wanted.nodes.map((node) => ({ ...node, text: node.text.trim() })),
  });
}

describe("what is read back equals the diagram", () => {
  for (const [name, model] of Object.entries({ ...fixtures, deepTower, branches: () => branches(20) })) {
    for (const detail of details) test(`${name} at ${detail}`, () => sameAsRead(diagramOf(model(), detail)));
  }
  test("with an error", () =>
    sameAsRead(
      diagramOf(fixtures.avdigits(), "overview", {
        title: "a shape error",
        groups: ["joint"],
        arrows: [{ from: "heard", to: "joint" }],
      }),
    ));
});

/** A small model with the texts wherever a text may stand. */
function trapped(texts: readonly string[], doc = "") {
  return buildModel({
    name: "Traps",
    spec: "traps.mmf",
    doc,
    modalities: [{ id: "a", modality: "vector", type: "f32[B, features=8]", steps: texts }],
    flows: [
      {
        kind: "encoder",
        id: "b",
        sources: ["a"],
        stages: texts.map((text) => ({ ...stage("dense(8)", "f32[B, features=8]", [8, 8]), text })),
      },
      ...texts.map(
        (text, i): FlowSpec => ({
          kind: "head",
          id: `h${i}`,
          sources: ["b"],
          stages: [stage("dense(1)", "f32[B, classes=1]", [8, 1])],
          head: { target: "y", loss: text, lossWeight: 1, auxiliary: false, output: true },
        }),
      ),
    ],
    targets: [{ id: "y", target: "regression" }],
    sections: texts.map((text, i) => ({ word: `section${i}`, text })),
  });
}

/** A model with the names as modalities, encoders (with an `e` behind), and heads; widths differ so that no two branches are equal. */
function named(names: readonly string[], as: "modalities" | "heads") {
  const inputs = as === "modalities" ? names : ["m"];
  const heads = as === "heads" ? names : ["h"];
  return buildModel({
    name: "Names",
    spec: "names.mmf",
    doc: "",
    modalities: inputs.map((id, i) => ({
      id,
      modality: "vector",
      type: `f32[B, features=${i + 1}]`,
      steps: [`column "${id}"`],
    })),
    flows: [
      ...inputs.map(
        (id, i): FlowSpec => ({
          kind: "encoder",
          id: `${id}e`,
          sources: [id],
          stages: [stage(`dense(${i + 1})`, `f32[B, features=${i + 1}]`, [i + 1, 1])],
        }),
      ),
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: inputs.map((id) => `${id}e`),
        stages: [stage("concatenate", "f32[B, features=9]")],
      },
      ...heads.map(
        (id): FlowSpec => ({
          kind: "head",
          id,
          sources: ["joint"],
          stages: [stage("dense(1)", "f32[B, classes=1]", [9, 1])],
          head: { target: "y", loss: "mse", lossWeight: 1, auxiliary: false, output: true },
        }),
      ),
    ],
    targets: [{ id: "y", target: "regression" }],
    sections: [],
  });
}

const nasty = [
  'column "say \\"hi\\""',
  "100% # not a comment",
  "`code` and **bold** and *italic* and ~strike~",
  "_x_ and __init__ and max_pooling2d",
  "%%{init: {'theme':'dark'}}%% and %% a comment",
  "<b>html</b> & &amp; <script>alert(1)</script>",
  "中文列名 → 分类 × 3",
  "[a] {b} (c) ([d]) {{e}} | f | ; g = h : i",
  "C:\\data\\new",
  "end",
  "subgraph x --> y",
  "#34; #quot; &quot;",
  "$$x^2$$",
  "1. first",
  "- item",
  "click me href",
];

describe("traps in texts", () => {
  for (const detail of details) test(`at ${detail}`, () => sameAsRead(diagramOf(trapped(nasty), detail)));
  test("in the doc comment", () => sameAsRead(diagramOf(trapped(["dense(8)"], nasty.join(" ")))));
  test("escaped characters come back as they were", () => {
    const back = (text: string) => text.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
        const flat = text.replace(/[\r\n\t]+/g, " ");
        expect(back(escapeText(text))).toBe(flat);
        expect(escapeText(text)).not.toMatch(/["`*~<>&\\]|%%|%\{|(^|[^A-Za-z0-9])_/);
      }),
    );
  });
  test("any text at all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...'ab_%#"`*~<>&\\{}[]()|;:=→文 .-1'.split("")), { minLength: 1, maxLength: 24 }),
        async (characters) => {
          const text = `t${characters.join("")}t`;
          await sameAsRead(diagramOf(trapped([text]), "full"));
        },
      ),
      { numRuns: 40, seed: 4 },
    );
  });
});

describe("traps in names", () => {
  const words =
    "end class style click graph subgraph flowchart linkStyle href call interpolate default classDef note constructor toString hasOwnProperty valueOf isPrototypeOf".split(
      " ",
    );
  const lookalikes = [
    "o",
    "x",
    "v",
    "V",
    "TB",
    "LR",
    "TD",
    "BT",
    "RL",
    "o1",
    "x1",
    "ends",
    "end_",
    "graphs",
    "subgraphs",
    "styles",
    "classes",
    "clicks",
    "callback",
    "direction",
    "accTitle",
    "accDescr",
    "title",
    "link",
    "blank",
    "self",
    "v1",
    "v2",
    "_a",
    "名",
    "É",
    "a_",
    "a__b",
    "info",
  ];
  const names = [...words, ...lookalikes];
  for (const as of ["modalities", "heads"] as const) {
    for (const detail of ["overview", "full"] as const)
      test(`of ${as} at ${detail}`, () => sameAsRead(diagramOf(named(names, as), detail)));
  }
  test("ids are safe, unique and as near to the name as can be", () => {
    const ids = safeIds(["end", "end_", "文本", "v1", "a", "constructor", "图"]);
    expect(Object.fromEntries(ids)).toEqual({
      end: "end__",
      end_: "end_",
      文本: "v1_",
      v1: "v1",
      a: "a",
      constructor: "constructor_",
      图: "v2",
    });
  });
});
