/** The specs that users start from: each checks clean without its data, draws, and has a README that can be trusted. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/build.mjs";
import { run } from "../cli/run.ts";

const folder = path.join(root, "specs");
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "generate")
  .map((entry) => entry.name);
const specOf = (name: string): string => path.join("specs", name, name === "demo" ? "credit.mmf" : `${name}.mmf`);

describe("the gallery", () => {
  it("has the specs it should have, each with its spec and its README", () => {
    expect(names.sort()).toEqual(["avdigits", "countries", "demo", "easyvqa", "fsdd", "houses", "phrasebank", "seed"]);
    const table = readFileSync(path.join(folder, "README.md"), "utf8");
    for (const name of names) {
      expect(existsSync(path.join(root, specOf(name))), specOf(name)).toBe(true);
      expect(table, name).toContain(`[${name}](${name}/README.md)`);
    }
  });

  it("checks without an error or a warning, data or no data", async () => {
    const { code, stdout } = await run(["check", "--no-data", "--strict", "--json", ...names.map(specOf)], {
      cwd: root,
    });
    const { diagnostics, errors, warnings } = JSON.parse(stdout) as {
      diagnostics: { severity: string; file: string; message: string }[];
      errors: number;
      warnings: number;
    };
    expect(diagnostics.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect([code, errors, warnings]).toEqual([0, 0, 0]);
  });

  it.each(names)("%s says what it is, how to run it, and what was measured", (name) => {
    const text = readFileSync(path.join(folder, name, "README.md"), "utf8");
    expect(text).toMatch(new RegExp(`^# ${name}: .`));
    expect(text).toMatch(/\*\*(The d|D)ata/);
    expect(text).toMatch(name === "demo" ? /\nnpm run demo/ : new RegExp(`\nnpx mmfc train ${specOf(name)}\n`));
    const measured = text.split("\n**Measured** ")[1] ?? "";
    expect(measured).toMatch(/^\(\d{4}-\d\d-\d\d, 2 CPU cores[^)]*\)/);
    expect(measured).toMatch(/\bepochs?\b/);
    expect(measured).toMatch(/\d\.\d{3}/);
  });

  it.each(names)("%s begins with a sentence for its model, which the diagram shows", async (name) => {
    expect(readFileSync(path.join(root, specOf(name)), "utf8")).toMatch(/^\/\/\/ ./);
    const { code, stdout } = await run(["graph", specOf(name)], { cwd: root });
    expect(code).toBe(0);
    expect(stdout).toContain("flowchart LR");
  });
});
