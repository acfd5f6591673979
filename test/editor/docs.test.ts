/** The generated pages: every word and every code has its place, and no table is broken. */
import { describe, expect, it } from "vitest";
import { allEntries, definitionProperties, sections } from "../../compiler/registry/index.ts";
import { families } from "../../diagnostics/catalogue.ts";
import { generate as generateDiagnostics } from "../../scripts/gen-diagnostics.ts";
import { generate as generateRegistry } from "../../scripts/gen-registry.ts";

const registry = generateRegistry()["docs/registry.md"] ?? "";
const diagnostics = generateDiagnostics()["docs/diagnostics.md"] ?? "";

/** Links within a page whose heading is not there. */
function deadLinks(page: string): string[] {
  const anchors = new Set(
    [...page.matchAll(/^#+ (.+)$/gm)].map((m) =>
      (m[1] ?? "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
  return [...page.matchAll(/\]\(#([^)]+)\)/g)].map((m) => m[1] ?? "").filter((link) => !anchors.has(link));
}

/** Rows with another number of cells than the row above them. */
function brokenRows(page: string): string[] {
  const cells = (line: string): number => line.replaceAll("\\|", "").split("|").length;
  const lines = page.split("\n");
  return lines.filter(
    (line, i) => line.startsWith("|") && lines[i - 1]?.startsWith("|") && cells(line) !== cells(lines[i - 1] ?? ""),
  );
}

describe("docs/registry.md", () => {
  it("has every word: a heading or a row where it is there, the list at the end where it is not", () => {
    const [here = "", later = ""] = registry.split("\n## Not here yet\n");
    for (const { name, later: planned } of allEntries()) {
      if (planned) expect(later, name).toContain(`\`${name}\``);
      else expect(here, name).toMatch(new RegExp(`^(?:### |\\| )\`${name}\``, "m"));
    }
  });

  it("has every parameter", () => {
    for (const entry of [...allEntries(), ...Object.values(sections), ...Object.values(definitionProperties)])
      for (const name of Object.keys(entry.params)) expect(registry, `${entry.name}: ${name}`).toContain(`\`${name}\``);
  });

  it("says defaults as the language writes them", () => {
    expect(registry).toContain("| `rescale` | a ratio or number | `1/255` |");
    expect(registry).toContain("| `optimizer` | one of the [optimizers](#optimizers) | `adam(1e-3)` |");
    expect(registry).not.toMatch(/undefined|NaN|\[object/);
  });
});

describe("docs/diagnostics.md", () => {
  it("has every code once, with its severity and both sides", () => {
    const pages = diagnostics.split(/^### /m).slice(1);
    const codes = Object.values(families).flatMap((family) => Object.keys(family));
    expect(pages.map((p) => /^`([^`]+)`/.exec(p)?.[1])).toEqual(codes);
    for (const page of pages) {
      expect(page).toMatch(/^\*(?:error|warning|note)/m);
      expect(page).toMatch(/^Wrong:/m);
      expect(page).toMatch(/^Right:/m);
    }
  });
});

describe.each([
  ["docs/registry.md", registry],
  ["docs/diagnostics.md", diagnostics],
])("%s", (_, page) => {
  it("has no dead links and no broken tables", () => {
    expect(deadLinks(page)).toEqual([]);
    expect(brokenRows(page)).toEqual([]);
  });
});
