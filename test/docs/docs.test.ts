/**
 * The hand-written pages: every spec that they show whole checks without any message, every link leads somewhere, and
 * every word that language.md calls planned is one that this version lacks. Fragments stand in ```text blocks.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { compileText } from "../../compiler/compile.ts";
import { formatSpec } from "../../compiler/format.ts";
import { allEntries } from "../../compiler/registry/index.ts";
import { root } from "../../scripts/build.mjs";

const generated = new Set(["docs/registry.md", "docs/diagnostics.md"]);
const under = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.posix.join(folder, name.split(path.sep).join("/")));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...under("docs")];
const text = (page: string): string => readFileSync(path.join(root, page), "utf8");

interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly body: string;
}

function blocksOf(page: string): Block[] {
  const found: Block[] = [];
  const lines = text(page).split("\n");
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(.*)$/.exec(lines[i] ?? "")?.[1];
    if (language === undefined) continue;
    const start = i + 1;
    const end = lines.findIndex((line, at) => at >= start && line === "```");
    found.push({ page, line: start + 1, language, body: lines.slice(start, end).join("\n") });
    i = end;
  }
  return found;
}

const specs = pages
  .filter((page) => !generated.has(page))
  .flatMap(blocksOf)
  .filter(({ language }) => language === "mmf");

describe("specs in the pages", () => {
  it("are found", () => {
    expect(specs.filter(({ page }) => page === "docs/language.md").length).toBeGreaterThan(10);
    expect(specs.some(({ page }) => page === "README.md")).toBe(true);
  });

  for (const { page, line, body } of specs) {
    it(`${page}:${line} checks clean`, async () => {
      const { diagnostics, models } = await compileText(body, { path: "page.mmf" });
      expect(diagnostics.map((d) => `${d.code}: ${d.message}`)).toEqual([]);
      expect(models.length).toBeGreaterThan(0);
    });
  }
});

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

describe("specs in the pages, in the one style", () => {
  for (const { page, line, body } of specs) {
    it(`${page}:${line}`, () => {
      // the files of `use` are not there, and hide nothing
      const { text } = formatSpec({ path: "page.mmf", text: `${body}\n` }, { read: () => "" });
      expect(text).toBe(`${body}\n`);
    });
  }
});

describe("links", () => {
  for (const page of pages) {
    it(`${page} links to what is there`, () => {
      const prose = text(page).replace(/^```[\s\S]*?^```$/gm, "");
      const dead = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [file = "", place] = link.split("#");
          const target = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
          const found = statSync(path.join(root, target), { throwIfNoEntry: false });
          if (found === undefined) return true;
          if (place === undefined || !target.endsWith(".md")) return false;
          return ![...text(target).matchAll(/^#+ (.+)$/gm)].some((match) => anchor(match[1] ?? "") === place);
        });
      expect(dead).toEqual([]);
    });
  }
});

describe("docs/language.md", () => {
  const [here = "", planned = ""] = text("docs/language.md").split("\n## What is planned\n");
  const words = (part: string): Set<string> => new Set([...part.matchAll(/`([a-z_0-9]+)`/g)].map((m) => m[1] ?? ""));

  it("calls no word planned that is there", () => {
    const built = new Set(
      allEntries()
        .filter((entry) => entry.later !== true && !["section", "properties"].includes(entry.role))
        .map((entry) => entry.name),
    );
    // `maximum` is planned as a late fusion, `precision` as a property of `train`.
    const both = new Set(["maximum", "precision"]);
    const named = words(planned.split("\n\nNot in the language")[0] ?? "");
    expect([...named].filter((word) => built.has(word) && !both.has(word))).toEqual([]);
  });

  it("shows no word as built that is planned", () => {
    const missing = new Set(
      allEntries()
        .filter((entry) => entry.later === true)
        .map((entry) => entry.name),
    );
    for (const entry of allEntries()) if (entry.later !== true) missing.delete(entry.name);
    expect([...words(here)].filter((word) => missing.has(word))).toEqual([]);
  });
});

describe("README.md", () => {
  it("shows the first model of the demo", () => {
    const [first = ""] = specs.filter(({ page }) => page === "README.md").map(({ body }) => body);
    const demo = readFileSync(path.join(root, "specs/demo/credit.mmf"), "utf8").split("\n/// Late:")[0] ?? "";
    const uncommented = demo.replace(/^ *\/\/(?!\/).*\n/gm, "").replace(/ +\/\/(?!\/).*$/gm, "");
    expect(first).toBe(uncommented.trimEnd());
    expect(first.split("\n").length).toBeGreaterThan(30);
  });
});
