/** The shared specs through the real compiler: their IR is valid, and Mermaid reads back every picture of them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compileFile } from "../../../compiler/compile.ts";
import type { Detail } from "../../../compiler/emit/diagram/diagram.ts";
import { safeIds } from "../../../compiler/emit/diagram/ids.ts";
import { drawMermaid } from "../../../compiler/emit/mermaid/emit.ts";
import { printIr } from "../../../compiler/ir/print.ts";
import { verify } from "../../../compiler/ir/verify.ts";
import { parseMermaid } from "../../support/mermaid-parser.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const shared = join(process.env.MMFC_SHARED ?? join(root, "../shared"), "specs");
const own = join(root, "specs");
if (!existsSync(shared))
  console.warn(`specs.test.ts: the shared specs are SKIPPED: ${shared} is not there (set MMFC_SHARED)`);

function specsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".mmf"))
    .map((file) => join(folder, file))
    .sort();
}

const details: readonly Detail[] = ["overview", "blocks", "full"];

describe("specs through the compiler", () => {
  for (const path of [...specsBelow(shared), ...specsBelow(own)]) {
    test(path.slice(path.lastIndexOf("/") + 1), async () => {
      for (const { name, ir } of (await compileFile(path)).models) {
        if (!ir) continue;
        expect(verify(ir), name).toEqual([]);
        expect(printIr(ir)).not.toContain("undefined");
        for (const detail of details) {
          const drawing = drawMermaid(ir, { detail });
          expect(drawing, `${name} at ${detail}`).toMatchObject({ detail, fits: true });
          const parsed = await parseMermaid(drawing.text);
          expect(parsed.accTitle).toBe(name);
          // Every group of the IR is a node or a subgraph.
          const drawn = new Set([...parsed.nodes, ...parsed.subgraphs].map(({ id }) => id));
          const ids = safeIds(ir.groups.map((group) => group.id));
          expect(ir.groups.filter((group) => !drawn.has(ids.get(group.id) as string)).map((group) => group.id)).toEqual(
            [],
          );
        }
      }
    }, 60_000);
  }
});

test.skipIf(!existsSync(join(shared, "seed.mmf")))("seed.mmf gives the design's pictures", async () => {
  const { models } = await compileFile(join(shared, "seed.mmf"));
  const ir = models[0]?.ir;
  if (!ir) throw new Error("seed.mmf has no IR");
  for (const detail of ["overview", "blocks"] as const) {
    expect(drawMermaid(ir, { detail }).text).toBe(
      readFileSync(new URL(`./design/seed-${detail}.mmd`, import.meta.url), "utf8"),
    );
  }
});
