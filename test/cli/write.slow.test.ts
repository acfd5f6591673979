/** `mmfc graph` and `mmfc compile` as the real binary: what goes to stdout, what into files, and what is left alone. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { folderWith, pointsSpec, run } from "./run.ts";

const { folder: cwd, remove } = folderWith({
  "points.mmf": pointsSpec,
  "mine.mmd": "flowchart LR\n  a --> b\n",
  "empty.mmd": "",
});
afterAll(remove);
const read = (file: string): string => readFileSync(path.join(cwd, file), "utf8");

describe("mmfc graph", () => {
  it("draws the first model on stdout and names the others on stderr", async () => {
    const { code, stdout, stderr } = await run(["graph"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^---\ntitle: "Points/);
    expect(stderr).toBe("Points, overview. Also in points.mmf: Few (--model).\n");
    const few = await run(["graph", "--model", "Few", "--detail", "full"], { cwd });
    expect(few.stdout).toMatch(/^---\ntitle: "Few/);
    expect(few.stderr).toBe("");
  });

  it("writes over what is its own and over nothing else", async () => {
    const first = await run(["graph", "-o", "new/points.mmd"], { cwd });
    expect(first).toEqual({
      code: 0,
      stderr: "",
      stdout: "new/points.mmd: Points, overview. Also in points.mmf: Few (--model).\n",
    });
    expect((await run(["graph", "-o", "new/points.mmd", "--detail", "full"], { cwd })).code).toBe(0);
    expect((await run(["graph", "-o", "empty.mmd"], { cwd })).code).toBe(0);

    const mine = await run(["graph", "-o", "mine.mmd"], { cwd });
    expect(mine).toMatchObject({ code: 1, stdout: "" });
    expect(mine.stderr).toBe(
      "error out-exists\n  mine.mmd is there and was not written by mmfc.\n  help: choose another, or add `--force`\n",
    );
    expect(read("mine.mmd")).toBe("flowchart LR\n  a --> b\n");
    expect((await run(["graph", "-o", "mine.mmd", "--force"], { cwd })).code).toBe(0);
    expect(read("mine.mmd")).toContain("Written by mmfc");
    expect(readdirSync(cwd).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("mmfc compile", () => {
  it("writes the program to stdout, and every other form", async () => {
    const program = await run(["compile", "--model", "Few"], { cwd });
    expect(program).toMatchObject({ code: 0, stderr: "" });
    expect(program.stdout).toContain('from "mmfc/runtime"');
    const ir = await run(["compile", "--model", "Few", "--target", "ir"], { cwd });
    expect(ir.stdout).toMatch(/^model Few\(B\)/);
    const json = await run(["compile", "--model", "Few", "--target", "json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ name: "Few", version: 1 });
    const graph = await run(["compile", "--model", "Few", "--target", "mermaid"], { cwd });
    expect(graph.stdout).toBe((await run(["graph", "--model", "Few"], { cwd })).stdout);
  });

  it("writes a folder that says how to run it, twice the same bytes", async () => {
    const { code, stdout } = await run(["compile", "points.mmf", "-o", "out"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toBe(
      "out/: program.ts, program.js, graph.mmd, package.json. Run it: cd out && npm install PATH/mmfc-0.1.0.tgz && node program.js train\n",
    );
    const files = ["program.ts", "program.js", "graph.mmd", "package.json"];
    const first = files.map((file) => read(`out/${file}`));
    expect((await run(["compile", "points.mmf", "-o", "out"], { cwd })).code).toBe(0);
    expect(files.map((file) => read(`out/${file}`))).toEqual(first);
    expect(JSON.parse(read("out/package.json"))).toMatchObject({ type: "module", mmfc: { base: "../" } });
  });

  it("writes nothing at all where one file is in the way", async () => {
    const other = folderWith({ "points.mmf": pointsSpec, "package.json": '{ "name": "mine" }\n' });
    const { code, stderr } = await run(["compile", "-o", "."], { cwd: other.folder });
    expect(code).toBe(1);
    expect(stderr).toContain("package.json is there and was not written by mmfc.");
    expect(existsSync(path.join(other.folder, "program.ts"))).toBe(false);
    other.remove();
  });

  it("says which path cannot be written", async () => {
    writeFileSync(path.join(cwd, "file"), "x");
    const { code, stderr } = await run(["compile", "points.mmf", "-o", "file/out"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("error no-access");
    expect(stderr).not.toContain("internal-error");
  });
});
