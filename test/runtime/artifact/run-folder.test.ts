import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../runtime/artifact/checkpoint-file.ts";
import { loadProgram } from "../../../runtime/artifact/load-program.ts";
import type { RunError } from "../../../runtime/artifact/run-error.ts";
import type { RunEnvironment } from "../../../runtime/artifact/run-folder.ts";
import { findUnfinished, isFinished, openRun, readWeights } from "../../../runtime/artifact/run-folder.ts";
import { LOCK, trainerOf } from "../../../runtime/artifact/run-lock.ts";
import type { RunWriter } from "../../../runtime/artifact/run-writer.ts";
import {
  continueRun,
  createRun,
  isFree,
  lazy,
  writeSources,
  writeWeights,
} from "../../../runtime/artifact/run-writer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "mmfc-run-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const environment = (started: string, more: Partial<RunEnvironment> = {}): RunEnvironment => ({
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
  ...more,
});

const bias = { name: "d/bias", shape: [2], data: Float32Array.of(1, 2) };

async function begin(dir: string, started = "2026-11-24T05:31:07.000Z", more: Partial<RunEnvironment> = {}) {
  const run = await createRun(dir);
  const sources = { programJs: "export default {};\n", specText: "model Digits {}\n" };
  await writeSources(run, sources, environment(started, more));
  return run;
}

async function writeRun(dir: string, started?: string, more?: Partial<RunEnvironment>): Promise<void> {
  const run = await begin(dir, started, more);
  await writeWeights(run, [lazy(bias)], "Digits");
  await run.write("preprocess.json", JSON.stringify({ version: 1, modalities: {}, targets: {} }));
  await run.appendLine("metrics.jsonl", { epoch: 1 });
  await run.finish();
}

const save = (run: RunWriter, step: number): Promise<void> =>
  run.saveCheckpoint("model", { step }, [lazy({ name: "weights/a", shape: [1], data: Float32Array.of(step) })]);

/** A process that is there until it is killed. */
async function otherProcess() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log(1)"]);
  await once(child.stdout, "data");
  return {
    id: child.pid as number,
    async kill() {
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

const problem = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (e: RunError) => ({ code: e.code, facts: e.facts }),
  );

describe("a run folder", () => {
  it("is at its place from the start, and gone without a trace if nothing comes of it", async () => {
    const dir = path.join(folder, "runs", "Digits", "a");
    const run = await begin(dir);
    expect((await readdir(dir)).sort()).toEqual(
      [LOCK, "checkpoints", "environment.json", "package.json", "program.js", "spec.mmf"].sort(),
    );
    expect(await trainerOf(dir)).toBe(process.pid);
    run.discard();
    expect(await readdir(folder)).toEqual([]);
    await writeRun(dir);
    const back = await openRun(dir);
    expect(back.environment.model).toBe("Digits");
    expect(await readWeights(dir)).toEqual([bias]);
    expect(back.programJs).toBe("export default {};\n");
    expect(back.scorecard).toBeUndefined();
    expect(await readdir(dir)).not.toContain(LOCK);
    expect(await readdir(dir)).not.toContain("checkpoints");
  });

  it("is written over if it is a run, and spared if it is anything else", async () => {
    const dir = path.join(folder, "a");
    await writeRun(dir);
    await writeRun(dir, "2027-01-01T00:00:00.000Z");
    expect((await openRun(dir)).environment.started).toContain("2027");
    expect((await readdir(dir)).filter((name) => /old|part/.test(name))).toEqual([]);
    const mine = path.join(folder, "mine");
    await mkdir(mine);
    (await createRun(mine)).discard();
    expect(await readdir(mine)).toEqual([]);
    await writeFile(path.join(mine, "thesis.txt"), "years");
    expect(await problem(createRun(mine))).toEqual({ code: "out-exists", facts: { path: mine } });
    expect(await problem(createRun(path.join(mine, "thesis.txt")))).toMatchObject({ code: "out-exists" });
    expect(await readdir(mine)).toEqual(["thesis.txt"]);
  });

  it("keeps the run that stood there until there is something to keep of the new one, and what is not a run's", async () => {
    const dir = path.join(folder, "a");
    await writeRun(dir);
    await writeFile(path.join(dir, "note.txt"), "mine");
    (await begin(dir, "2027-01-01T00:00:00.000Z")).discard();
    expect((await openRun(dir)).environment.started).toContain("2026");
    expect(await readWeights(dir)).toEqual([bias]);
    const run = await begin(dir, "2027-01-01T00:00:00.000Z");
    expect(run.kept).toBe(false);
    await save(run, 1);
    expect(run.kept).toBe(true);
    await run.leave();
    expect((await readdir(dir)).filter((name) => /old|part/.test(name) || name === "weights.safetensors")).toEqual([]);
    expect(await readFile(path.join(dir, "note.txt"), "utf8")).toBe("mine");
  });

  it("with --force replaces files of its names in any folder, and puts them back if nothing comes of it", async () => {
    const dir = path.join(folder, "project");
    await mkdir(dir);
    await writeFile(path.join(dir, "package.json"), "mine");
    await writeFile(path.join(dir, "index.js"), "mine, too");
    expect(await isFree(dir)).toBe(false);
    const run = await createRun(dir, true);
    await run.write("package.json", "{}");
    run.discard();
    expect(await readFile(path.join(dir, "package.json"), "utf8")).toBe("mine");
    expect((await readdir(dir)).sort()).toEqual(["index.js", "package.json"]);
  });

  it("is trained into by one process at a time; a lock whose process is gone is taken over", async () => {
    const dir = path.join(folder, "a");
    const run = await begin(dir);
    await save(run, 1);
    const inUse = { code: "run-in-use", facts: { path: dir, process: process.pid } };
    expect(await problem(createRun(dir))).toEqual(inUse);
    expect(await problem(continueRun(dir))).toEqual(inUse);
    await run.leave();

    const other = await otherProcess();
    const started = (await readFile(`/proc/${other.id}/stat`, "utf8").catch(() => ""))
      .split(") ")
      .at(-1)
      ?.split(" ")[19];
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
    const lock = { process: other.id, started: started === undefined ? "" : `${started} ${boot}`, host: os.hostname() };
    const lockFile = path.join(dir, LOCK);
    await writeFile(lockFile, JSON.stringify(lock));
    expect(await problem(continueRun(dir))).toMatchObject({ code: "run-in-use", facts: { process: other.id } });
    // The same number, given to another process since.
    if (started !== undefined) {
      await writeFile(lockFile, JSON.stringify({ ...lock, started: `1 ${boot}` }));
      await (await continueRun(dir)).leave();
      await writeFile(lockFile, JSON.stringify(lock));
    }
    await other.kill();
    for (const stale of [JSON.stringify(lock), "", "{", '{"process":"x"}', "null"]) {
      await writeFile(lockFile, stale);
      expect(await trainerOf(dir)).toBeUndefined();
      const next = await continueRun(dir);
      expect(await trainerOf(dir)).toBe(process.pid);
      await next.leave();
    }
    expect(await readdir(dir)).not.toContain(LOCK);
  });

  it("that another machine trains into is in use as long as its lock is touched", async () => {
    const dir = path.join(folder, "a");
    await (await begin(dir)).leave();
    const lockFile = path.join(dir, LOCK);
    await writeFile(lockFile, JSON.stringify({ process: 7, started: "", host: "elsewhere" }));
    expect(await problem(continueRun(dir))).toMatchObject({ code: "run-in-use", facts: { process: 7 } });
    const { utimes } = await import("node:fs/promises");
    const long = new Date(Date.now() - 600_000);
    await utimes(lockFile, long, long);
    await (await continueRun(dir)).leave();
  });

  it("has its old checkpoint until the new one is whole, and nothing half written", async () => {
    const dir = path.join(folder, "a");
    const run = await begin(dir);
    await save(run, 1);
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    const failing = { name: "weights/a", shape: [1], read: () => Promise.reject(full) };
    const found = await problem(run.saveCheckpoint("model", { step: 2 }, [failing]));
    expect(found).toMatchObject({ code: "disk-full", facts: { path: dir, run: dir } });
    expect(await readdir(path.join(dir, "checkpoints"))).toEqual(["model.safetensors"]);
    const checkpoint = await openCheckpoint(dir, "model", "digits.mmf");
    expect(checkpoint?.state).toEqual({ step: 1 });
    expect(await checkpoint?.arrays[0]?.read()).toEqual(Float32Array.of(1));
    await checkpoint?.close();
    await run.leave();
    // What a killed process left is swept away by the next one.
    await writeFile(path.join(dir, "checkpoints", "model.safetensors.123.part"), "half");
    await (await continueRun(dir)).leave();
    expect(await readdir(path.join(dir, "checkpoints"))).toEqual(["model.safetensors"]);
  });

  it("whose folder is taken away or closed says so", async () => {
    const dir = path.join(folder, "a");
    const run = await begin(dir);
    await save(run, 1);
    await rm(dir, { recursive: true });
    expect(await problem(save(run, 2))).toMatchObject({
      code: "no-access",
      facts: { path: dir, how: "written", why: "it is no longer there", gone: true },
    });
    expect(await problem(run.appendLine("metrics.jsonl", {}))).toMatchObject({ code: "no-access" });
    await run.leave();
    expect(await readdir(folder)).toEqual([]);
    const closed = path.join(folder, "closed");
    await mkdir(closed);
    await chmod(closed, 0o500);
    // Rights do not hold for root.
    if (process.getuid?.() !== 0)
      expect(await problem(createRun(path.join(closed, "a")))).toMatchObject({ code: "no-access" });
    await writeFile(path.join(folder, "file"), "");
    const below = await problem(createRun(path.join(folder, "file", "a")));
    expect(below?.code).toMatch(/no-access|out-exists/);
  });

  it("is found from the folder above, the newest by its start, and one further up", async () => {
    await writeRun(path.join(folder, "runs/Digits/old"), "2026-01-01T00:00:00.000Z");
    await writeRun(path.join(folder, "runs/Digits/new"), "2026-02-01T00:00:00.000Z");
    expect((await openRun(path.join(folder, "runs/Digits"))).dir).toBe(path.join(folder, "runs/Digits/new"));
    expect((await openRun(path.join(folder, "runs"))).dir).toBe(path.join(folder, "runs/Digits/new"));
  });

  it("is resumed from the folder above: the newest that is not finished, else the newest", async () => {
    const at = (name: string): string => path.join(folder, "runs/Digits", name);
    await writeRun(at("a"), "2026-01-01T00:00:00.000Z");
    await writeRun(at("b"), "2026-02-01T00:00:00.000Z");
    expect(await findUnfinished(path.join(folder, "runs"))).toBe(at("b"));
    await writeRun(at("c"), "2026-01-02T00:00:00.000Z", { status: "stopped" });
    await writeRun(at("d"), "2026-01-03T00:00:00.000Z", { status: "training", model: "Other" });
    expect(await findUnfinished(path.join(folder, "runs"))).toBe(at("d"));
    expect(await findUnfinished(path.join(folder, "runs"), ({ model }) => model === "Digits")).toBe(at("c"));
    expect(await findUnfinished(at("a"))).toBe(at("a"));
    expect(isFinished(environment("", { floorsLeft: ["only(a)"] }))).toBe(false);
    expect(await problem(findUnfinished(path.join(folder, "none")))).toMatchObject({ code: "run-missing" });
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
      const found = await problem(openRun(dir).then((run) => readWeights(run.dir)));
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
    for (const text of ["null", "[]", "3", '{"version":1}', '{"version":1,"model":3,"epochs":[]}'])
      expect(await damage("environment.json", text)).toBe("environment.json is not that of a run");
    for (const text of ["null", "[]", '{"version":1,"modalities":3}'])
      expect(await damage("preprocess.json", text)).toBe("preprocess.json is not that of a run");
  });

  it("whose checkpoint is damaged or of another form says so", async () => {
    const dir = path.join(folder, "a");
    const run = await begin(dir);
    await save(run, 1);
    await run.leave();
    const file = path.join(dir, "checkpoints/model.safetensors");
    const whole = await readFile(file);
    const damaged = async (bytes: Uint8Array) => {
      await writeFile(file, bytes);
      return problem(
        openCheckpoint(dir, "model", "digits.mmf").then(async (found) => {
          await found?.arrays[0]?.read();
          await found?.close();
        }),
      );
    };
    const why = async (bytes: Uint8Array) => ((await damaged(bytes))?.facts as { why?: string } | undefined)?.why;
    for (const end of [0, 3, 8, 40, whole.length - 1])
      expect(await why(whole.subarray(0, end)), String(end)).toBe("checkpoints/model.safetensors is cut off");
    expect(await why(Buffer.alloc(100, 255))).toBe("checkpoints/model.safetensors is no safetensors file");
    const text = whole.toString("latin1");
    expect(await why(Buffer.from(text.replace("mmfc-checkpoint", "mmfc-checkpoinx"), "latin1"))).toBe(
      "checkpoints/model.safetensors is no checkpoint",
    );
    expect(await damaged(Buffer.from(text.replace('"version":"1"', '"version":"2"'), "latin1"))).toMatchObject({
      code: "resume-differs",
      facts: { was: ["checkpoints of form 2"], here: ["form 1"] },
    });
    expect(await damaged(whole)).toBeUndefined();
    await rm(file);
    expect(await openCheckpoint(dir, "model", "digits.mmf")).toBeUndefined();
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
