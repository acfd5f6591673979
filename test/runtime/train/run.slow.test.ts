import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadProgram } from "../../../runtime/artifact/load-program.ts";
import { csvLines } from "../../../runtime/artifact/predictions.ts";
import { openEngine } from "../../../runtime/engine/engine.ts";
import { apply, defineProgram } from "../../../runtime/index.ts";
import type { Program } from "../../../runtime/program.ts";
import { evalRun, predictRun, trainProgram } from "../../../runtime/run.ts";
import { createLineReporter } from "../../../runtime/train/reporter.ts";
import { firmsCsv, firmsFolder, programJs } from "./program.fixture.ts";

let folder: string;
let program: Program;
let common: { engine: Awaited<ReturnType<typeof openEngine>>; cacheDir: string };
const run = (name: string): string => path.join(folder, "runs", name);

beforeAll(async () => {
  folder = await firmsFolder();
  program = await loadProgram(programJs, { apply, defineProgram });
  common = { engine: await openEngine({ prefer: "cpu" }), cacheDir: path.join(folder, "cache") };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (name: string) => ({
  ...common,
  base: folder,
  out: run(name),
  baselines: true,
  sources: { programJs, specText: "model Firms {}\n" },
});

describe("a program on a table", () => {
  it("trains, is judged beside its floors, and leaves a whole run", async () => {
    const written: string[] = [];
    const reporter = createLineReporter({
      stream: { write: (text: string) => written.push(text) },
      width: 100,
      ascii: false,
    });
    const before = common.engine.tf.memory().numTensors;
    const { scorecard, status, epochs } = await trainProgram(program, { ...options("first"), reporter });
    expect(common.engine.tf.memory().numTensors).toBe(before);
    expect(["finished", "early"]).toContain(status);
    expect(scorecard).toMatchObject({
      model: "Firms",
      spec: "firms.mmf",
      rows: { train: 240, validation: 80, test: 80 },
      seed: 3,
    });
    const risk = scorecard?.heads.risk;
    expect(risk?.test?.accuracy).toBeGreaterThan(0.85);
    expect(Object.keys(risk?.floors ?? {}).sort()).toEqual(["majority", "only(market)", "only(sheet)"]);
    expect(risk?.test?.accuracy).toBeGreaterThan((risk?.floors["only(sheet)"]?.accuracy as number) + 0.05);
    expect(risk?.confusion?.flat().reduce((a, b) => a + b)).toBe(80);
    expect(scorecard?.heads.volume?.test?.r2_transformed).toBeGreaterThan(0.5);
    expect(Object.keys(scorecard?.heads.volume?.floors ?? {})).toEqual(["mean"]);
    expect(scorecard?.heads.grade?.test?.accuracy).toBeGreaterThan(0.6);

    const files = await readdir(run("first"));
    expect(files.sort()).toEqual(
      [
        "contract.schema.json",
        "environment.json",
        "metrics.jsonl",
        "package.json",
        "preprocess.json",
        "program.js",
        "scorecard.json",
        "spec.mmf",
        "trained.json",
        "weights.safetensors",
      ].sort(),
    );
    expect(await readdir(path.dirname(run("first")))).toEqual(["first"]);
    const lines = (await readFile(path.join(run("first"), "metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(epochs.ended);
    expect(lines[0]).toMatchObject({
      epoch: 1,
      loss: expect.any(Number),
      validation: { metrics: { risk: { accuracy: expect.any(Number) } } },
    });
    expect(JSON.parse(await readFile(path.join(run("first"), "scorecard.json"), "utf8")).heads.risk.test).toEqual(
      risk?.test,
    );
    const schema = JSON.parse(await readFile(path.join(run("first"), "contract.schema.json"), "utf8"));
    expect(schema.required).toEqual(["firm", "a", "b"]);
    expect(schema.properties.m1.type).toEqual(["number", "null"]);

    const text = written.join("");
    expect(text).toMatch(/^Firms, seed 3 +.*first\/\nengine {4}JavaScript/);
    expect(text).toContain("rows      240 train, 80 validation, 80 test of firms.csv, in order\n");
    expect(text).toMatch(/epoch {3}train loss {3}validation loss {3}risk\.accuracy {3}grade\.accuracy {3}volume\.mae/);
    expect(text).toContain("floor     only(sheet)");
  }, 60_000);

  it("is judged again to the same numbers, from the run alone", async () => {
    const stored = JSON.parse(await readFile(path.join(run("first"), "scorecard.json"), "utf8"));
    const { scorecard } = await evalRun(path.join(folder, "runs"), common);
    expect(scorecard.heads.risk).toEqual(stored.heads.risk);
    expect(scorecard.heads.volume?.validation).toEqual(stored.heads.volume.validation);
  });

  it("is judged on another table beside what it had", async () => {
    const other = path.join(folder, "other.csv");
    await writeFile(other, firmsCsv(150, 77, true));
    const { scorecard, before } = await evalRun(run("first"), { ...common, source: other });
    expect(scorecard.rows).toEqual({ train: 0, validation: 0, test: 150 });
    expect(scorecard.heads.risk?.test?.accuracy).toBeGreaterThan(0.8);
    expect(before?.risk?.accuracy).toBeGreaterThan(0.8);
  });

  it("predicts an unlabelled table with absent values, in three formats, rows in order", async () => {
    const fresh = path.join(folder, "fresh.csv");
    await writeFile(fresh, firmsCsv(60, 78, false));
    const { predictions } = await predictRun(run("first"), { ...common, source: fresh });
    expect(predictions.columns.map((column) => column.name)).toEqual([
      "id",
      "risk",
      "risk_no",
      "risk_yes",
      "grade",
      "grade_A",
      "grade_B",
      "grade_C",
      "volume",
    ]);
    const csv = [...csvLines(predictions)];
    expect(csv).toHaveLength(61);
    const table = firmsCsv(60, 78, true)
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
    const got = csv.slice(1).map((line) => line.trim().split(","));
    expect(got.map((row) => row[0])).toEqual(table.map((row) => row[0]));
    for (const row of got) {
      expect(Number(row[2]) + Number(row[3])).toBeCloseTo(1, 6);
      expect(Number(row[5]) + Number(row[6]) + Number(row[7])).toBeCloseTo(1, 6);
      expect(row[1]).toBe(Number(row[3]) > 0.5 ? "yes" : "no");
    }
    expect(got.filter((row, i) => row[1] === table[i]?.[6]).length).toBeGreaterThan(48);
    // Own units: the size is e^(3 + 2b), between e and e^5.
    const errors = got.map((row, i) => Math.abs(Math.log(Number(row[8])) - Math.log(Number(table[i]?.[8]))));
    expect(errors.reduce((a, b) => a + b) / 60).toBeLessThan(0.8);

    for (const ending of ["csv", "jsonl", "parquet"]) {
      const out = path.join(folder, `guesses.${ending}`);
      await predictRun(run("first"), { ...common, source: fresh, out });
      const { DuckDBInstance } = await import("@duckdb/node-api");
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const read = await connection.runAndReadAll(
        `SELECT id, risk, risk_yes, volume FROM ${ending === "csv" ? `read_csv('${out}', all_varchar = true)` : `'${out}'`}`,
      );
      const rows = read.getRows();
      expect(rows.map((row) => row[0])).toEqual(got.map((row) => row[0]));
      expect(rows[7]?.[1]).toBe(got[7]?.[1]);
      expect(Number(rows[7]?.[3])).toBeCloseTo(Number(got[7]?.[8]), 4);
    }
    expect((await readdir(folder)).filter((name) => name.includes("part"))).toEqual([]);
    await expect(predictRun(run("first"), { ...common, source: fresh, out: "guesses.xlsx" })).rejects.toThrow(
      /\.parquet/,
    );
  });

  it("gives the same run twice, and another with another seed", async () => {
    const weights = async (name: string) =>
      (await readFile(path.join(run(name), "weights.safetensors"))).toString("base64");
    const short = { baselines: false, epochs: 2 };
    await trainProgram(program, { ...options("a"), ...short });
    await trainProgram(program, { ...options("b"), ...short });
    const third = await trainProgram(program, { ...options("c"), ...short, seed: 4 });
    expect(await weights("a")).toBe(await weights("b"));
    expect(await weights("a")).not.toBe(await weights("c"));
    expect(Object.keys(third.scorecard?.heads.risk?.floors ?? {})).toEqual(["majority"]);
  });

  it("saves what it has when stopped", async () => {
    const controller = new AbortController();
    const reporter = createLineReporter({ stream: { write: () => undefined }, width: 100, ascii: false });
    const result = await trainProgram(program, {
      ...options("stopped"),
      signal: controller.signal,
      reporter: { ...reporter, step: ({ epoch, step }) => epoch === 2 && step === 3 && controller.abort() },
    });
    expect(result).toMatchObject({ status: "stopped", epochs: { ended: 1, planned: 12 }, step: { done: 3, of: 8 } });
    expect(result.scorecard).toBeUndefined();
    const { scorecard, environment } = await evalRun(run("stopped"), common);
    expect(environment).toMatchObject({ status: "stopped", steps: 11 });
    expect(scorecard.heads.risk?.test?.accuracy).toBeGreaterThan(0.4);
  });

  it("stopped while its floors are trained, it is whole all the same", async () => {
    const controller = new AbortController();
    const reporter = createLineReporter({ stream: { write: () => undefined }, width: 100, ascii: false });
    const result = await trainProgram(program, {
      ...options("floors"),
      epochs: 2,
      signal: controller.signal,
      reporter: {
        ...reporter,
        step: ({ floor, epoch }) => floor === "only(market)" && epoch === 2 && controller.abort(),
      },
    });
    expect(result).toMatchObject({ status: "finished", interrupted: true });
    expect(Object.keys(result.scorecard?.heads.risk?.floors ?? {})).toEqual(["majority", "only(sheet)"]);
  });

  it("keeps the last good weights when the loss is not finite", async () => {
    // The rate grows a thousandfold an epoch, from where it learns to where nothing stays finite.
    const training = {
      ...program.training,
      optimizer: { sgd: { learningRate: 1e-6 } },
      schedule: { exponential: { rate: 1e3 } },
      clip: undefined,
      stop: undefined,
    };
    const error = await trainProgram({ ...program, training }, options("wild")).catch((e) => e);
    expect(error).toMatchObject({ code: "loss-not-finite", facts: { layer: expect.any(String) }, run: run("wild") });
    const { kept, epoch, step } = error.facts;
    expect(epoch).toBe(kept + 1);
    expect(kept).toBeGreaterThan(0);
    expect(Math.ceil(step / 8)).toBe(epoch);
    const { scorecard, environment } = await evalRun(run("wild"), common);
    expect(environment).toMatchObject({ status: "failed", epochs: { planned: 12, ended: kept, kept } });
    expect(scorecard.heads.risk?.test?.accuracy).toBeGreaterThan(0);
  });

  it("leaves no run where not even one epoch was finite", async () => {
    const training = {
      ...program.training,
      optimizer: { sgd: { learningRate: 1e9 } },
      schedule: "constant",
      clip: undefined,
    };
    const error = await trainProgram({ ...program, training }, options("wilder")).catch((e) => e);
    expect(error).toMatchObject({ code: "loss-not-finite", facts: { epoch: 1, kept: 0 } });
    expect(error.run).toBeUndefined();
    expect((await readdir(path.join(folder, "runs"))).filter((name) => /part|wilder/.test(name))).toEqual([]);
  });

  it("does not judge a run by other data than it was trained on, nor with other weights", async () => {
    const moved = path.join(folder, "moved");
    await mkdir(moved);
    await writeFile(path.join(moved, "firms.csv"), firmsCsv(400, 11, true));
    await trainProgram(program, { ...options("moved"), base: moved, baselines: false, epochs: 1 });
    await writeFile(path.join(moved, "firms.csv"), firmsCsv(400, 12, true));
    await expect(evalRun(run("moved"), common)).rejects.toMatchObject({
      code: "resume-differs",
      facts: { was: ["other rows"], here: ["another table"] },
    });
    await writeFile(path.join(run("moved"), "program.js"), "export default 1;");
    await expect(evalRun(run("moved"), common)).rejects.toMatchObject({
      code: "run-unreadable",
      facts: { why: "program.js is broken: it exports no program" },
    });
  });
});
