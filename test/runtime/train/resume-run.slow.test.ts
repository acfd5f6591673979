/**
 * A run that was stopped, killed or broken off, taken up again: the same files as of one that was never interrupted. On
 * plain tfjs, in one process; the real command line is killed in test/cli/resume.tf.test.ts.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadProgram } from "../../../runtime/artifact/load-program.ts";
import { LOCK } from "../../../runtime/artifact/run-lock.ts";
import { openEngine } from "../../../runtime/engine/engine.ts";
import { apply, defineProgram } from "../../../runtime/index.ts";
import type { Program } from "../../../runtime/program.ts";
import { evalRun, predictRun, resumeRun, trainProgram } from "../../../runtime/run.ts";
import type { Reporter } from "../../../runtime/train/reporter.ts";
import { createLineReporter, silentReporter } from "../../../runtime/train/reporter.ts";
import { firmsCsv, firmsFolder, programJs } from "./program.fixture.ts";

let folder: string;
let program: Program;
let common: { engine: Awaited<ReturnType<typeof openEngine>>; cacheDir: string };
const run = (name: string): string => path.join(folder, "runs", name);

/** Fewer epochs, none of them skipped: early stopping is another test's. */
const js = programJs.replace("epochs: 12", "epochs: 4").replace("patience: 4", "patience: 3");

beforeAll(async () => {
  folder = await firmsFolder();
  program = await loadProgram(js, { apply, defineProgram });
  common = { engine: await openEngine({ prefer: "cpu" }), cacheDir: path.join(folder, "cache") };
  await trainProgram(program, options("whole"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (name: string) => ({
  ...common,
  base: folder,
  out: run(name),
  baselines: true,
  sources: { programJs: js, specText: "model Firms {}\n" },
});

class Crash extends Error {}

/** What a run comes to, without the times. */
async function comesTo(name: string) {
  const text = (file: string): Promise<string> => readFile(path.join(run(name), file), "utf8");
  const { seconds: _, ...scorecard } = JSON.parse(await text("scorecard.json"));
  const { started: __, ...environment } = JSON.parse(await text("environment.json"));
  return {
    files: (await readdir(run(name))).sort(),
    weights: (await readFile(path.join(run(name), "weights.safetensors"))).toString("base64"),
    metrics: (await text("metrics.jsonl"))
      .trim()
      .split("\n")
      .map((line) => ({ ...JSON.parse(line), seconds: 0 })),
    preprocess: await text("preprocess.json"),
    scorecard,
    environment,
  };
}

/** Trains until `when` says so, then breaks off as if by a mistake of the program: no step is finished, nothing saved. */
async function crash(name: string, when: (event: Parameters<Reporter["step"]>[0]) => boolean): Promise<void> {
  const reporter: Reporter = {
    ...silentReporter,
    step(event) {
      if (when(event)) throw new Crash();
    },
  };
  await expect(trainProgram(program, { ...options(name), reporter })).rejects.toThrow(Crash);
}

const title = async (name: string): Promise<string> => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  await resumeRun(run(name), { ...common, reporter: createLineReporter({ stream, width: 200, ascii: false }) });
  return written[0]?.replace(/ {2,}.*\n/, "") ?? "";
};

describe("a run taken up again", () => {
  it("comes to the same files from inside an epoch, after Ctrl-C", async () => {
    const controller = new AbortController();
    const reporter: Reporter = {
      ...silentReporter,
      step: ({ epoch, step }) => epoch === 2 && step === 3 && controller.abort(),
    };
    const stopped = await trainProgram(program, { ...options("stopped"), reporter, signal: controller.signal });
    expect(stopped).toMatchObject({ status: "stopped", epochs: { ended: 1, planned: 4 }, step: { done: 3, of: 8 } });
    expect((await readdir(run("stopped"))).includes(LOCK)).toBe(false);
    const judged = await evalRun(run("stopped"), common);
    expect(judged.unfinished).toEqual({
      path: run("stopped"),
      epoch: 2,
      of: 4,
      best: 1,
      last: false,
      step: 3,
      running: false,
      failed: false,
    });
    expect(await title("stopped")).toBe("Firms, seed 3, from epoch 2, step 4 of 8");
    expect(await comesTo("stopped")).toEqual(await comesTo("whole"));
    expect(await resumeRun(run("stopped"), common)).toEqual({
      status: "whole",
      dir: run("stopped"),
      epochs: expect.objectContaining({ ended: 4, planned: 4 }),
    });
  });

  it("comes to the same files from the last checkpoint, after a crash in the model", async () => {
    await crash("crashed", ({ epoch, step, floor }) => floor === undefined && epoch === 3 && step === 5);
    // A line of an epoch that no checkpoint has, and one that is cut off: what a kill can leave.
    const metrics = path.join(run("crashed"), "metrics.jsonl");
    await writeFile(metrics, `${await readFile(metrics, "utf8")}{"epoch":3,"loss":9}\n{"epoch":4,"lo`);
    const { unfinished, environment } = await evalRun(run("crashed"), common);
    // On a slow disk not every one of these short epochs is saved.
    const epoch = environment.epochs.ended + 1;
    expect([2, 3]).toContain(epoch);
    expect(unfinished).toMatchObject({ epoch, of: 4, best: environment.epochs.best, running: false });
    expect(await title("crashed")).toBe(`Firms, seed 3, from epoch ${epoch}, step 1 of 8`);
    expect(await comesTo("crashed")).toEqual(await comesTo("whole"));
  });

  it("does not train the model again, nor a floor that is trained, after a crash in a floor", async () => {
    await crash("floors", ({ epoch, step, floor }) => floor === "only(market)" && epoch === 2 && step === 2);
    // The model is trained: nothing is unfinished about it.
    expect((await evalRun(run("floors"), common)).unfinished).toBeUndefined();
    const trained: string[] = [];
    const reporter: Reporter = {
      ...silentReporter,
      step: ({ floor, epoch }) => void trained.push(`${floor} ${epoch}`),
    };
    await cp(run("floors"), run("floors-2"), { recursive: true });
    await resumeRun(run("floors"), { ...common, reporter });
    expect(trained.every((one) => one.startsWith("only(market)"))).toBe(true);
    expect(trained.some((one) => one === "only(market) 4")).toBe(true);
    expect(await comesTo("floors")).toEqual(await comesTo("whole"));
    expect(await title("floors-2")).toMatch(
      /^Firms, seed 3, from its floor only\(market\)(?:, epoch 2, step 1 of 8)?$/,
    );
    expect(await comesTo("floors-2")).toEqual(await comesTo("whole"));
  });

  it("trains the floors that Ctrl-C left", async () => {
    const controller = new AbortController();
    const reporter: Reporter = {
      ...silentReporter,
      step: ({ floor, step }) => floor === "only(sheet)" && step === 2 && controller.abort(),
    };
    const stopped = await trainProgram(program, { ...options("left"), reporter, signal: controller.signal });
    expect(stopped).toMatchObject({
      status: "finished",
      interrupted: true,
      floorsLeft: ["only(sheet)", "only(market)"],
    });
    expect(stopped.scorecard).toBeDefined();
    expect((await evalRun(run("left"), common)).unfinished).toBeUndefined();
    expect(await title("left")).toBe("Firms, seed 3, from its floor only(sheet), epoch 1, step 3 of 8");
    expect(await comesTo("left")).toEqual(await comesTo("whole"));
  });

  it("begins anew where no checkpoint was written, and then cannot be judged before", async () => {
    await mkdir(run("early"), { recursive: true });
    await cp(run("whole"), run("early"), { recursive: true });
    for (const name of ["weights.safetensors", "preprocess.json", "metrics.jsonl", "scorecard.json"])
      await rm(path.join(run("early"), name));
    const file = path.join(run("early"), "environment.json");
    const environment = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...environment, status: "training" }));
    await expect(evalRun(run("early"), common)).rejects.toMatchObject({
      code: "run-unreadable",
      facts: { why: "its training ended before its first checkpoint", resumable: true },
    });
    await expect(predictRun(run("early"), { ...common, source: "x.csv" })).rejects.toMatchObject({
      code: "run-unreadable",
    });
    expect(await title("early")).toBe("Firms, seed 3, from the start");
    expect(await comesTo("early")).toEqual(await comesTo("whole"));
  });

  it("stays as it is where Ctrl-C comes before its first step", async () => {
    await crash("again", ({ epoch, step }) => epoch === 2 && step === 2);
    const before = await readdir(run("again"), { recursive: true });
    const signal = AbortSignal.abort();
    await expect(resumeRun(run("again"), { ...common, signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(await readdir(run("again"), { recursive: true })).toEqual(before);
    await resumeRun(run("again"), common);
    expect(await comesTo("again")).toEqual(await comesTo("whole"));
  });
});

describe("a run is not taken up", () => {
  it("on another table: other rows, other labels, other values, other classes", async () => {
    const base = path.join(folder, "moved");
    await mkdir(base);
    const table = path.join(base, "firms.csv");
    const csv = firmsCsv(400, 11, true);
    await writeFile(table, csv);
    await expect(
      trainProgram(program, {
        ...options("moved"),
        base,
        reporter: {
          ...silentReporter,
          step({ epoch }) {
            if (epoch === 2) throw new Crash();
          },
        },
      }),
    ).rejects.toThrow(Crash);
    const before = await readdir(run("moved"), { recursive: true });
    const lines = csv.trimEnd().split("\n");
    const changed = (row: number, change: (line: string) => string): string =>
      `${lines.map((line, i) => (i === row ? change(line) : line)).join("\n")}\n`;
    const cell = (column: number, value: string) => (line: string) =>
      line
        .split(",")
        .map((old, i) => (i === column ? value : old))
        .join(",");
    const cases: [string, string, string[], string[]][] = [
      ["a row less", lines.slice(0, -1).join("\n"), ["240 train rows"], ["239 train rows"]],
      [
        "a label of a test row",
        changed(400, cell(6, lines[400]?.includes("yes") ? "no" : "yes")),
        ["other rows"],
        ["another table"],
      ],
      ["a name", changed(3, cell(0, "else")), ["other rows"], ["another table"]],
      ["a value of a training row", changed(3, cell(1, "0.123")), ["other training rows"], ["another table"]],
      ["the first value of the test rows", changed(321, cell(1, "0.9871")), ["other values"], ["another table"]],
      ["a class more", changed(5, cell(7, "D")), ["3 classes of rating"], ["4 classes of rating"]],
    ];
    for (const [what, text, was, here] of cases) {
      await writeFile(table, text);
      const found = await resumeRun(run("moved"), common).catch((e: unknown) => e);
      expect(found, what).toMatchObject({ code: "resume-differs" });
      const { facts } = found as { facts: { was: string[]; here: string[] } };
      // A value of a training row moves means and values alike: either may be said.
      if (what.startsWith("a value")) expect(["other values", "other training rows"], what).toContain(facts.was[0]);
      else expect([facts.was, facts.here], what).toEqual([was, here]);
    }
    expect(await readdir(run("moved"), { recursive: true })).toEqual(before);
    await writeFile(table, csv);
    await resumeRun(run("moved"), common);
    const { weights, metrics } = await comesTo("moved");
    expect({ weights, metrics }).toEqual(await comesTo("whole").then(({ weights, metrics }) => ({ weights, metrics })));
  });

  it("with another program, a checkpoint of other weights, or one that is cut off", async () => {
    await crash("odd", ({ epoch }) => epoch === 3);
    await expect(
      resumeRun(run("odd"), { ...common, programJs: `${js}export const more = 1;\n` }),
    ).rejects.toMatchObject({
      code: "resume-differs",
      facts: { was: ["another program"] },
    });
    const file = path.join(run("odd"), "checkpoints/model.safetensors");
    const bytes = await readFile(file);
    const broken = async (content: Uint8Array): Promise<string> => {
      await writeFile(file, content);
      const found = await resumeRun(run("odd"), common).catch((e: unknown) => e);
      expect(found).toMatchObject({ code: "run-unreadable" });
      expect(await readdir(run("odd"))).not.toContain(LOCK);
      return (found as { facts: { why: string } }).facts.why;
    };
    expect(await broken(bytes.subarray(0, bytes.length - 5))).toBe("checkpoints/model.safetensors is cut off");
    const text = bytes.toString("latin1");
    expect(await broken(Buffer.from(text.replace("weights/risk/bias", "weights/rosk/bias"), "latin1"))).toBe(
      "checkpoints/model.safetensors has no weights/risk/bias",
    );
    expect(await broken(Buffer.from(text.replace(/(\\"ended\\":)\d/, "$1x"), "latin1"))).toBe(
      "checkpoints/model.safetensors is no checkpoint",
    );
    expect(await broken(Buffer.from(text.replace(/(\\"ended\\":)\d(,\\"step\\":)\d/, "$19$2-"), "latin1"))).toMatch(
      /is no checkpoint/,
    );
    await writeFile(file, bytes);
    await resumeRun(run("odd"), common);
    expect(await comesTo("odd")).toEqual(await comesTo("whole"));
  });
});

describe("what a training has to say at its end", () => {
  it("a head that says the same for every row of validation", async () => {
    const lame = { ...program, training: { ...program.training, optimizer: { sgd: { learningRate: 1e-9 } } } };
    const { notes } = await trainProgram(lame as Program, { ...options("lame"), baselines: false, epochs: 1 });
    const found = notes.filter(({ code }) => code === "same-prediction").map(({ facts }) => facts);
    // Random weights tell classes apart; a frozen start at zero would not. What is said is what the rows say.
    for (const { name, rows } of found) expect([name, rows]).toEqual([expect.any(String), 80]);
    const { notes: none } = await trainProgram(program, { ...options("fine"), baselines: false });
    expect(none.filter(({ code }) => code === "same-prediction")).toEqual([]);
  });
});
