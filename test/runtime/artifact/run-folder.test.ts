import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadProgram } from "../../../runtime/artifact/load-program.ts";
import type { RunError } from "../../../runtime/artifact/run-error.ts";
import type { RunEnvironment } from "../../../runtime/artifact/run-folder.ts";
import { createRun, openRun, writeSources, writeWeights } from "../../../runtime/artifact/run-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "mmfc-run-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const environment = (started: string): RunEnvironment => ({
  version: 1,
  mmfc: "0.1.0",
  model: "Digits",
  spec: "digits.mmf",
  node: "v20",
  platform: "linux",
  engine: { kind: "cpu", version: "4.22", device: "CPU", threads: 1 },
  base: folder,
  seed: 1,
  started,
  status: "finished",
  epochs: { planned: 1, ended: 1, kept: 1 },
  steps: 3,
});

async function writeRun(dir: string, started = "2026-11-24T05:31:07.000Z"): Promise<void> {
  const run = await createRun(dir);
  await writeSources(run, { programJs: "export default {};\n", specText: "model Digits {}\n" });
  await writeWeights(run, [{ name: "d/bias", shape: [2], data: Float32Array.of(1, 2) }], "Digits");
  await run.write("preprocess.json", JSON.stringify({ version: 1, modalities: {}, targets: {} }));
  await run.appendLine("metrics.jsonl", { epoch: 1 });
  await run.write("environment.json", JSON.stringify(environment(started)));
  await run.finish();
}

const problem = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (e: RunError) => ({ code: e.code, facts: e.facts }),
  );

describe("a run folder", () => {
  it("is there whole after `finish`, and not at all before", async () => {
    const dir = path.join(folder, "runs", "Digits", "a");
    const run = await createRun(dir);
    await run.write("x.txt", "x");
    expect(await readdir(path.dirname(dir))).not.toContain("a");
    await run.discard();
    expect(await readdir(path.dirname(dir))).toEqual([]);
    await writeRun(dir);
    expect(await readdir(path.dirname(dir))).toEqual(["a"]);
    const back = await openRun(dir);
    expect(back.environment.model).toBe("Digits");
    expect(back.weights).toEqual([{ name: "d/bias", shape: [2], data: Float32Array.of(1, 2) }]);
    expect(back.programJs).toBe("export default {};\n");
    expect(back.scorecard).toBeUndefined();
  });

  it("is written over if it is a run, and spared if it is anything else", async () => {
    const dir = path.join(folder, "a");
    await writeRun(dir);
    await writeRun(dir, "2027-01-01T00:00:00.000Z");
    expect((await openRun(dir)).environment.started).toContain("2027");
    const mine = path.join(folder, "mine");
    await mkdir(mine);
    await createRun(mine).then((run) => run.discard());
    await writeFile(path.join(mine, "thesis.txt"), "years");
    expect(await problem(createRun(mine))).toEqual({ code: "out-exists", facts: { path: mine } });
    expect(await problem(createRun(path.join(mine, "thesis.txt")))).toMatchObject({ code: "out-exists" });
    expect(await readdir(mine)).toEqual(["thesis.txt"]);
  });

  it("is found from the folder above, the newest by its start, and one further up", async () => {
    await writeRun(path.join(folder, "runs/Digits/old"), "2026-01-01T00:00:00.000Z");
    await writeRun(path.join(folder, "runs/Digits/new"), "2026-02-01T00:00:00.000Z");
    expect((await openRun(path.join(folder, "runs/Digits"))).dir).toBe(path.join(folder, "runs/Digits/new"));
    expect((await openRun(path.join(folder, "runs"))).dir).toBe(path.join(folder, "runs/Digits/new"));
  });

  it("that is missing is said, with the newest beside it", async () => {
    await writeRun(path.join(folder, "runs/a"));
    const found = await problem(openRun(path.join(folder, "runs/b")));
    expect(found).toMatchObject({ code: "run-missing", facts: { lacks: "environment.json" } });
    expect((found!.facts as unknown as { near: string[] }).near).toHaveLength(1);
  });

  it("that is damaged says which file and how", async () => {
    const dir = path.join(folder, "a");
    const damage = async (file: string, content: string | undefined) => {
      await writeRun(dir);
      if (content === undefined) await rm(path.join(dir, file));
      else await writeFile(path.join(dir, file), content);
      const found = await problem(openRun(dir));
      expect(found?.code).toBe("run-unreadable");
      return (found!.facts as unknown as { why: string }).why;
    };
    expect(await damage("weights.safetensors", "abc")).toBe("weights.safetensors is cut off");
    expect(await damage("weights.safetensors", undefined)).toBe("it has no weights.safetensors");
    expect(await damage("preprocess.json", "{")).toBe("preprocess.json is cut off or no JSON");
    expect(await damage("program.js", undefined)).toBe("it has no program.js");
    expect(await damage("environment.json", JSON.stringify({ version: 9, mmfc: "9.0.0" }))).toBe(
      "it was written by mmfc 9.0.0",
    );
  });
});

describe("a program's text", () => {
  it("is loaded with the runtime that is running", async () => {
    const seen: unknown[] = [];
    const runtime = { defineProgram: (p: unknown) => p, apply: (...all: unknown[]) => seen.push(all) };
    const text = `/** import { nothing } from "mmfc/runtime"; */
import { apply, defineProgram as define } from "mmfc/runtime";
import path from "node:path";
apply(path.basename("a/b"), "Größe 情");
export default define({ name: "M", spec: "m.mmf", data: {}, buildModel() {}, training: {}, evaluation: {} });
`;
    const program = await loadProgram(text, runtime);
    expect(program.name).toBe("M");
    expect(seen).toEqual([["b", "Größe 情"]]);
  });

  it("that exports no program is refused", async () => {
    await expect(loadProgram("export default 3;", {})).rejects.toThrow("it exports no program");
  });
});
