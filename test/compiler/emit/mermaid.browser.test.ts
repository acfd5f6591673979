/** In a real browser: every picture is drawn, and what is seen is what the diagram says. Skipped where no Chromium is. */
import { describe, expect, test } from "vitest";
import { arrowsOf, type Detail, nodesOf, subgraphsOf, textOf } from "../../../compiler/emit/diagram/diagram.ts";
import { diagramOf } from "../../../compiler/emit/diagram/of.ts";
import { printMermaid } from "../../../compiler/emit/mermaid/print.ts";
import { findChromium, renderMermaid } from "../../../scripts/render-mermaid.mjs";
import { buildModel, stage } from "../../support/ir-builder.ts";
import { creditRisk, rare } from "../../support/ir-fixtures.ts";

const chromium = findChromium();
if (!chromium)
  console.warn("mermaid.browser.test.ts is SKIPPED: no Chromium here (apt-get install chromium, or set CHROMIUM)");

/** Texts that Mermaid, markdown, HTML or entities could take for something else. */
const traps = buildModel({
  name: "Traps",
  spec: "traps.mmf",
  doc: "Is <b>100 %</b> # of {this} said; and %% that?",
  modalities: [
    {
      id: "constructor",
      modality: "vector",
      type: "f32[B, features=8]",
      steps: [
        'column "a \\"b\\" #35; *c* `d` _e_ ~f~"',
        "%%{init: {}}%% <i>x</i> &amp; y\\z",
        "max_pooling2d [a] {b} (c) | d ; e",
      ],
    },
  ],
  flows: [
    { kind: "encoder", id: "end", sources: ["constructor"], stages: [stage("dense(8)", "f32[B, features=8]", [8, 8])] },
    {
      kind: "head",
      id: "click",
      sources: ["end"],
      stages: [stage("dense(1)", "f32[B, classes=1]", [8, 1])],
      head: { target: "class", loss: 'f(a_: *b*, "#c")', lossWeight: 1, auxiliary: false, output: true },
    },
  ],
  targets: [{ id: "class", target: "regression", steps: ['column "<x>"'] }],
  sections: [{ word: "data", text: 'source: "a_b*c*.csv", media: ["x#y", "_z_"]' }],
});

const cases = [
  // The design has this one 1,165 px wide, legible in a README.
  [creditRisk(), "overview"],
  [creditRisk(), "full"],
  [rare(), "full"],
  [traps, "full"],
] as const;

describe.skipIf(!chromium)("Mermaid in a browser", () => {
  test("draws what the diagrams say", async () => {
    const diagrams = cases.map(([model, detail]) => diagramOf(model, detail as Detail));
    const pictures = await renderMermaid(diagrams.map(printMermaid), { scale: 1 });
    const shown = (text: string) => text.replace(/\s+/g, " ").trim();
    for (const [i, diagram] of diagrams.entries()) {
      const picture = pictures[i] as (typeof pictures)[number];
      const texts = [
        ...nodesOf(diagram).map((node) => node.lines.map(textOf).join(" ")),
        ...arrowsOf(diagram).flatMap((arrow) => (arrow.label === undefined ? [] : [arrow.label])),
        ...subgraphsOf(diagram).map((each) => textOf(each.title)),
        ...(diagram.note ? [diagram.note.map(textOf).join(" ")] : []),
      ];
      const seen = picture.labels.map(shown).filter((text) => text !== "");
      expect([...seen].sort(), `${diagram.name} at ${diagram.detail}`).toEqual(
        texts
          .map(shown)
          .filter((text) => text !== "")
          .sort(),
      );
      expect(picture.arrows).toBe(arrowsOf(diagram).length);
      expect(picture.clusters).toBe(subgraphsOf(diagram).length);
      expect(picture.description).toBe(diagram.description);
      expect(picture.width).toBeGreaterThan(100);
    }
    // Fonts differ from machine to machine; a lost wrap or a box too wide would be far off.
    expect(pictures[0]?.width).toBeGreaterThan(950);
    expect(pictures[0]?.width).toBeLessThan(1400);
  }, 120_000);
});
