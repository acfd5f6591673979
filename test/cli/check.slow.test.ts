/** `mmfc check` as the real binary: its forms, its tables, its fixes. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { schemaMistakes } from "../diagnostics/sarif-schema.ts";
import { folderWith, pointsSpec, pointsTable, run } from "./run.ts";

const slips = pointsSpec.replace("encoder inner = sheet -> dense(16, relu)", "encoder inner = sheet → dense(16, rleu)");
const { folder: cwd, remove } = folderWith({
  "points.mmf": pointsSpec,
  "points.csv": pointsTable(),
  "slips.mmf": slips,
  "lonely.mmf": pointsSpec.replace("points.csv", "pionts.csv"),
});
afterAll(remove);

describe("mmfc check", () => {
  it("says what is clean, and what the table has", async () => {
    expect(await run(["check", "points.mmf"], { cwd })).toEqual({
      code: 0,
      stderr: "",
      stdout: "points.mmf: 2 models, no mistakes\npoints.csv: 400 rows fit\n",
    });
    const bare = await run(["check", "points.mmf", "--no-data"], { cwd });
    expect(bare.stdout).toBe("points.mmf: 2 models, no mistakes\n");
    expect((await run(["check", "points.mmf", "-q"], { cwd })).stdout).toBe("");
  });

  it("draws mistakes at their place and counts them in the last line", async () => {
    const { code, stdout } = await run(["check", "slips.mmf"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^slips\.mmf:6:25 error arrow-form\n {2}6 \| /);
    expect(stdout).toMatch(/\nslips\.mmf:6:37 error unknown-choice\n/);
    expect(stdout).toMatch(/\n2 errors in slips\.mmf, all fixable: mmfc check --fix slips\.mmf\n$/);
  });

  it("has the JSON of its contract", async () => {
    const { code, stdout, stderr } = await run(["check", "slips.mmf", "--format", "json"], { cwd });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const report = JSON.parse(stdout) as { diagnostics: object[] };
    expect(report).toMatchObject({ errors: 2, warnings: 0 });
    expect(report.diagnostics[0]).toMatchObject({
      code: "arrow-form",
      severity: "error",
      message: "The arrow is written `->`.",
      file: "slips.mmf",
      start: { line: 6, column: 25 },
      end: { line: 6, column: 26 },
      fixable: true,
    });
    expect((await run(["check", "slips.mmf", "--json"], { cwd })).stdout).toBe(stdout);
  });

  it("has a line for each mistake, for editors and for GitHub", async () => {
    const line = await run(["check", "slips.mmf", "--format", "line"], { cwd });
    expect(line.stdout).toMatch(/^slips\.mmf:6:25: error: The arrow is written `->`\. \[arrow-form\]\n/);
    const github = await run(["check", "slips.mmf", "--format", "github"], { cwd });
    expect(github.stdout).toMatch(/^::error file=slips\.mmf,line=6,col=25,endLine=6,endColumn=26,title=arrow-form::/);
    const sarif = JSON.parse((await run(["check", "slips.mmf", "--format", "sarif"], { cwd })).stdout) as object;
    expect(schemaMistakes(sarif)).toEqual([]);
  });

  it("applies what is certain, and nothing else", async () => {
    const other = folderWith({ "points.csv": pointsTable(), "slips.mmf": `${slips}\nmodel Broken {}\n` });
    const { code, stdout } = await run(["check", "--fix", "slips.mmf"], { cwd: other.folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^slips\.mmf: fixed line 6 \(arrow-form\), line 6 \(unknown-choice\); \d errors? (?:is|are) left, line/m,
    );
    expect(readFileSync(path.join(other.folder, "slips.mmf"), "utf8")).toBe(`${pointsSpec}\nmodel Broken {}\n`);
    writeFileSync(path.join(other.folder, "slips.mmf"), slips);
    const all = await run(["check", "--fix", "slips.mmf"], { cwd: other.folder });
    expect(all).toMatchObject({ code: 0 });
    expect(all.stdout).toMatch(
      /^slips\.mmf: fixed line 6 \(arrow-form\), line 6 \(unknown-choice\); no mistakes are left\n/,
    );
    expect(readFileSync(path.join(other.folder, "slips.mmf"), "utf8")).toBe(pointsSpec);
    other.remove();
  });

  it("notes a table that is not there; train stops at it", async () => {
    const check = await run(["check", "lonely.mmf"], { cwd });
    expect(check.code).toBe(0);
    expect(check.stdout).toContain("note source-missing");
    expect(check.stdout).toContain("pionts.csv is not there, so its columns are not checked.");
    const train = await run(["train", "lonely.mmf"], { cwd });
    expect(train).toMatchObject({ code: 1, stdout: "" });
    expect(train.stderr).toContain("error source-missing");
    expect(train.stderr).toMatch(/\nNothing was trained: 1 error in lonely\.mmf\.\n$/);
  });

  it("takes every spec below, where none is named, and counts warnings where it is strict", async () => {
    const { code, stdout } = await run(["check", "--format", "line"], { cwd });
    expect(code).toBe(1);
    expect([...new Set(stdout.split("\n").map((line) => line.split(":")[0]))]).toEqual(["lonely.mmf", "slips.mmf", ""]);
    const idle = folderWith({
      "idle.mmf": pointsSpec.replace("  encoder inner", "  encoder idle = sheet -> dense(2)\n  encoder inner"),
      "points.csv": pointsTable(),
    });
    expect(await run(["check"], { cwd: idle.folder })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("warning unused-value") as string,
    });
    expect((await run(["check", "--strict"], { cwd: idle.folder })).code).toBe(1);
    idle.remove();
  });

  it("names a spec that is not there, and what lies near", async () => {
    const { code, stderr } = await run(["check", "point.mmf"], { cwd });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "error source-missing\n  point.mmf is not there.\n  help: write points.mmf\n",
    });
  });
});
