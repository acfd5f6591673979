/** What large models look like: equal branches, long listings, deep towers, and what Mermaid would refuse. */
import { describe, expect, test } from "vitest";
import { arrowsOf, nodesOf, subgraphsOf, textOf } from "../../../compiler/emit/diagram/diagram.ts";
import { diagramOf, sizeOf } from "../../../compiler/emit/diagram/of.ts";
import { drawMermaid, mermaidLimits } from "../../../compiler/emit/mermaid/emit.ts";
import { buildModel, stage } from "../../support/ir-builder.ts";
import { creditRisk } from "../../support/ir-fixtures.ts";
import { branches, deepTower } from "../../support/ir-large.ts";

const texts = (model: Parameters<typeof diagramOf>[0], detail: Parameters<typeof diagramOf>[1], id: string) =>
  nodesOf(diagramOf(model, detail))
    .find((node) => node.id === id)
    ?.lines.map(textOf);

describe("branches equal but for their names", () => {
  test("more than twelve are one stacked branch with the weights of all", () => {
    const diagram = diagramOf(branches(20));
    expect(nodesOf(diagram).map((node) => [node.lines.map(textOf).join(" / "), node.stacked ?? false])).toEqual([
      ["s1 … s20 / vector", true],
      ["picture / image", false],
      ["e_s1 … e_s20 / dense / 5,440 weights", true],
      ["seen / flatten", false],
      ["joint / mid fusion / concatenate", false],
      ["h / dense / 513 weights", false],
      ["y / regression", false],
    ]);
    expect(arrowsOf(diagram).map(({ from, to, label }) => `${from} ${label} ${to}`)).toEqual([
      "s1 16 e_s1",
      "picture 8×8×3 seen",
      "e_s1 16 joint",
      "seen 192 joint",
      "joint 512 h",
      "h mse y",
    ]);
  });
  test("the total counts every branch", () =>
    expect(diagramOf(branches(20)).title).toBe("Branches · mid fusion · 5,953 weights"));
  test("twelve are drawn each", () => expect(nodesOf(diagramOf(branches(12)))).toHaveLength(12 * 2 + 5));
  test("branches that differ are drawn each", () =>
    expect(nodesOf(diagramOf(branches(20, 1, false)))).toHaveLength(20 * 2 + 5));
  test("at full the steps name the first and the last", () => {
    expect(texts(branches(20), "full", "s1.1")).toEqual(['column "s1" … column "s20"']);
    expect(subgraphsOf(diagramOf(branches(20), "full")).map((each) => textOf(each.title))).toContain(
      "s1 … s20 · vector",
    );
  });
});

describe("listings of more than twelve lines", () => {
  const tower = (count: number, inner: readonly string[]) =>
    buildModel({
      name: "T",
      spec: "t.mmf",
      doc: "",
      modalities: [{ id: "x", modality: "series", type: "f32[B, time=9, features=8]", steps: [] }],
      flows: [
        {
          kind: "encoder",
          id: "e",
          sources: ["x"],
          stages: [
            {
              text: "each(…)",
              type: "f32[B, time=9, features=8]",
              bodies: { stages: inner.map((text) => stage(text, "f32[B, features=8]", [8, 8])) },
            },
            ...Array.from({ length: count }, (_, i) => stage(`dense(${i})`, "f32[B, time=9, features=8]", [8, 8])),
          ],
        },
        {
          kind: "head",
          id: "h",
          sources: ["e"],
          stages: [stage("dense(1)", "f32[B, classes=1]", [8])],
          head: { target: "y", loss: "mse", lossWeight: 1, auxiliary: false, output: true },
        },
      ],
      targets: [{ id: "y", target: "regression" }],
      sections: [],
    });
  test("twelve lines stay", () =>
    expect(texts(tower(8, ["dense(1)", "relu", "dense(2)"]), "blocks", "e")).toHaveLength(1 + 12));
  test("structures close first", () => {
    expect(texts(tower(9, ["dense(1)", "relu", "dense(2)"]), "blocks", "e")?.slice(0, 3)).toEqual([
      "e · 768 weights",
      "each(dense → relu → dense)",
      "dense(0)",
    ]);
  });
  test("then the middle is left out", () => {
    expect(texts(tower(20, ["dense(1)", "relu"]), "blocks", "e")).toEqual([
      "e · 1,408 weights",
      "each(dense → relu)",
      "dense(0)",
      "dense(1)",
      "dense(2)",
      "dense(3)",
      "dense(4)",
      "dense(5)",
      "dense(6)",
      "… 10 more",
      "dense(17)",
      "dense(18)",
      "dense(19)",
    ]);
  });
  test("each over time says so", () =>
    expect(texts(tower(2, ["dense(1)"]), "blocks", "e")?.[1]).toBe("each of 9 time steps"));
});

describe("full", () => {
  test("closes blocks before structures", () => {
    const diagram = diagramOf(deepTower(24), "full");
    expect(sizeOf(diagram).nodes).toBeLessThanOrEqual(120);
    expect(
      nodesOf(diagram)
        .find((node) => node.id === "seen.1")
        ?.lines.map(textOf),
    ).toEqual(["basic(8)", "f32[B, height=32, width=32, channels=8]", "1,232 weights"]);
    expect(subgraphsOf(diagram).map((each) => each.id)).toContain("structured.1");
  });
  test("leaves the middle of long runs out", () => {
    const diagram = diagramOf(deepTower(130), "full");
    expect(
      nodesOf(diagram)
        .filter((node) => node.id.startsWith("seen."))
        .map((node) => node.id),
    ).toEqual([..."12345678"].map((i) => `seen.${i}`).concat("seen.more", "seen.129", "seen.130", "seen.131"));
    expect(texts(deepTower(130), "full", "seen.more")).toEqual(["… 120 more"]);
    expect(texts(deepTower(130), "full", "structured.1")?.[0]).toBe("residual(conv2d → … → batch_normalization)");
  });
  test("small models stay open", () =>
    expect(subgraphsOf(diagramOf(deepTower(2), "full")).map((each) => each.id)).toContain("seen.1.1"));
  test("residual: a point, the way past it, a sum or a product", () => {
    const inside = (merge: string, id: string) =>
      subgraphsOf(diagramOf(deepTower(2, merge), "full")).find((each) => each.id === id)?.items ?? [];
    const arrows = inside("add", "seen.1.1").flatMap((item) =>
      item.kind === "arrow" ? [`${item.from} ${item.to}`] : [],
    );
    expect(arrows).toEqual([
      "seen.1.1.in seen.1.1.1",
      "seen.1.1.1 seen.1.1.2",
      "seen.1.1.2 seen.1.1.3",
      "seen.1.1.3 seen.1.1.4",
      "seen.1.1.4 seen.1.1.5",
      "seen.1.1.5 seen.1.1.out",
      "seen.1.1.in seen.1.1.out",
    ]);
    const shortcut = inside("add", "seen.2.1").flatMap((item) =>
      item.kind === "arrow" ? [`${item.from} ${item.to}`] : [],
    );
    expect(shortcut.slice(-3)).toEqual([
      "seen.2.1.in seen.2.1.b.1",
      "seen.2.1.a.5 seen.2.1.out",
      "seen.2.1.b.1 seen.2.1.out",
    ]);
    const end = (merge: string) =>
      inside(merge, "seen.1.1").flatMap((item) =>
        item.kind === "node" && item.shape === "point" ? item.lines.map(textOf) : [],
      );
    expect([end("add"), end("multiply")]).toEqual([
      [" ", "+"],
      [" ", "×"],
    ]);
  });
});

describe("what Mermaid would refuse", () => {
  test("too many characters: a coarser level, and it is said", () => {
    const drawing = drawMermaid(branches(180, 3, false), { detail: "full" });
    expect(drawing).toMatchObject({ detail: "blocks", fits: true });
    expect(drawing.text.length).toBeLessThanOrEqual(mermaidLimits.characters);
  });
  test("too large at every level is said too", () =>
    expect(drawMermaid(branches(260, 1, false), { detail: "full" })).toMatchObject({
      detail: "overview",
      fits: false,
    }));
  test("what fits is drawn as asked for", () =>
    expect(drawMermaid(creditRisk(), { detail: "full" })).toMatchObject({ detail: "full", fits: true }));
});
