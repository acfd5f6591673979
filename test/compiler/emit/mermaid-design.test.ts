/** The files that the design drew by hand, byte for byte. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Detail } from "../../../compiler/emit/diagram/diagram.ts";
import { emitMermaid } from "../../../compiler/emit/mermaid/emit.ts";
import { avDigits, fixtures, rare } from "../../support/ir-fixtures.ts";

const design = (name: string) => readFileSync(new URL(`./design/${name}.mmd`, import.meta.url), "utf8");

describe("the design's pictures", () => {
  for (const name of ["creditrisk", "earlyrisk", "laterisk", "seed", "avdigits"] as const) {
    for (const detail of ["overview", "blocks", "full"] as Detail[]) {
      test(`${name} at ${detail}`, () => {
        expect(emitMermaid(fixtures[name](), { detail })).toBe(design(`${name}-${detail}`));
      });
    }
  }

  /** Values of other models and losses between values come with later words: their lines are taken out. */
  const withoutLater = (text: string) =>
    text
      .split("\n")
      .filter(
        (line) =>
          !/^title:|accDescr:|v2|Clips\.heard|412 k|with (left|right)|linkStyle|^ {2}class .* (model|listing)$/.test(
            line,
          ),
      )
      .map((line) =>
        /shared\) → 128$/.test(line) || /27\.7 k weights, shared$/.test(line)
          ? line.replace(/`"\]:::model$/, "")
          : line,
      )
      .filter((line) => !/(left|right)\.loss/.test(line))
      .join("\n");

  for (const detail of ["overview", "blocks", "full"] as Detail[]) {
    test(`rare at ${detail}, but for what later words bring`, () => {
      const written = emitMermaid(rare(), { detail });
      const close = (text: string) => withoutLater(text).replaceAll('`"]:::model', "");
      expect(close(written)).toBe(close(design(`rare-${detail}`)));
    });
  }

  test("a model with an error", () => {
    const broken = structuredClone(avDigits()) as { groups: { id: string; calls?: unknown[] }[] } & ReturnType<
      typeof avDigits
    >;
    const text = emitMermaid(broken, {
      mistakes: {
        title: "a shape error",
        groups: ["joint"],
        arrows: [
          { from: "seen", to: "joint" },
          { from: "heard", to: "joint" },
        ],
      },
    });
    expect(text).toContain('title: "AvDigits · mid fusion · a shape error"');
    expect(text).toContain(
      "  classDef wrong stroke:#CF222E,stroke-width:3px\n  class joint wrong\n  linkStyle 2,3 stroke:#CF222E,stroke-width:2px\n",
    );
  });
});
