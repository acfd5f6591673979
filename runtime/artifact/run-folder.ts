/**
 * The folder of a run: written aside and renamed, so that a run is there whole or not at all; found again and read.
 * Owns file names and the form of environment.json; knows nothing of training or of tensors.
 */
import { rmSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FittedData } from "../data/batch.ts";
import { RunError } from "./run-error.ts";
import type { NamedArray } from "./safetensors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** The file that makes a folder a run. */
const MARK = "environment.json";

/** environment.json: on what, from what and how far a model was trained. */
export interface RunEnvironment {
  readonly version: 1;
  readonly mmfc: string;
  readonly model: string;
  readonly spec: string;
  readonly node: string;
  readonly platform: string;
  readonly engine: {
    readonly kind: string;
    readonly version: string;
    readonly device: string;
    readonly threads: number;
  };
  /** The folder that paths of the data are relative to. */
  readonly base: string;
  /** The table in place of the spec's, if one was given. */
  readonly source?: string;
  readonly seed: number;
  /** ISO 8601, with milliseconds. */
  readonly started: string;
  readonly status: "finished" | "early" | "stopped" | "failed";
  readonly epochs: { readonly planned: number; readonly ended: number; readonly kept: number; readonly best?: number };
  readonly steps: number;
}

export interface RunSources {
  readonly specText?: string;
  readonly programText?: string;
  /** The JavaScript of the program; without it a run cannot be judged or used again. */
  readonly programJs: string;
  readonly graphText?: string;
  readonly irJson?: string;
}

/** A run being written. Nothing stands at its final place before `finish`. */
export interface RunWriter {
  /** Where it is written in the meantime. */
  readonly folder: string;
  write(file: string, content: string | Uint8Array): Promise<void>;
  appendLine(file: string, value: unknown): Promise<void>;
  /** Puts the folder in its place; a run that stood there goes. */
  finish(): Promise<void>;
  discard(): Promise<void>;
}

/** @throws RunError out-exists if the place is taken by something that is no run */
export async function createRun(out: string): Promise<RunWriter> {
  await assertFree(out);
  const target = path.resolve(out);
  const folder = `${target}.${process.pid}.part`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // A second Ctrl-C ends the process at once; what is half written goes with it.
  const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", cleanUp);
  return {
    folder,
    write: (file, content) => writeFile(path.join(folder, file), content),
    appendLine: (file, value) => appendFile(path.join(folder, file), `${JSON.stringify(value)}\n`),
    async finish() {
      await assertFree(out);
      await rm(target, { recursive: true, force: true });
      await rename(folder, target);
      process.off("exit", cleanUp);
    },
    async discard() {
      await rm(folder, { recursive: true, force: true });
      process.off("exit", cleanUp);
    },
  };
}

async function assertFree(out: string): Promise<void> {
  const entries: string[] = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new RunError({ code: "out-exists", facts: { path: out } });
  });
  if (entries.length > 0 && !entries.includes(MARK)) throw new RunError({ code: "out-exists", facts: { path: out } });
}

export async function writeWeights(run: RunWriter, weights: readonly NamedArray[], model: string): Promise<void> {
  await run.write("weights.safetensors", encodeSafetensors(weights, { format: "mmfc", model }));
}

export async function writeSources(run: RunWriter, sources: RunSources): Promise<void> {
  const files: [string, string | undefined][] = [
    ["spec.mmf", sources.specText],
    ["program.ts", sources.programText],
    ["program.js", sources.programJs],
    ["graph.mmd", sources.graphText],
    ["ir.json", sources.irJson],
    // Node takes program.js for a module wherever the run is put.
    ["package.json", `${JSON.stringify({ private: true, type: "module" }, null, 2)}\n`],
  ];
  for (const [file, text] of files) if (text !== undefined) await run.write(file, text);
}

/** A run read back. */
export interface StoredRun {
  /** As the user would type it. */
  readonly dir: string;
  readonly environment: RunEnvironment;
  readonly fitted: FittedData;
  readonly programJs: string;
  readonly weights: readonly NamedArray[];
  /** scorecard.json, if the run got that far. */
  readonly scorecard?: unknown;
}

/**
 * Reads a run; of a folder that holds runs, the newest.
 *
 * @throws RunError run-missing or run-unreadable
 */
export async function openRun(dir: string): Promise<StoredRun> {
  const run = await findRun(dir);
  const environment = (await readJson(run, MARK)) as RunEnvironment;
  if (environment.version !== 1) {
    throw unreadable(run, `it was written by mmfc ${environment.mmfc}`, environment.mmfc);
  }
  const fitted = (await readJson(run, "preprocess.json")) as FittedData;
  const programJs = (await read(run, "program.js")).toString("utf8");
  const weights = await readWeights(run);
  const scorecard = await readJson(run, "scorecard.json").catch(() => undefined);
  return { dir: run, environment, fitted, programJs, weights, ...(scorecard !== undefined && { scorecard }) };
}

/** The folder itself if it is a run, else the newest run in it, or one level below. */
export async function findRun(dir: string): Promise<string> {
  if (await isRun(dir)) return dir;
  const runs = await runsIn(dir);
  const below =
    runs.length > 0 ? runs : (await Promise.all((await folders(dir)).map((f) => runsIn(path.join(dir, f))))).flat();
  const newest = below.sort((a, b) => b.started - a.started)[0];
  if (newest !== undefined) return newest.dir;
  const near = (await runsIn(path.dirname(path.resolve(dir)))).sort((a, b) => b.started - a.started).slice(0, 3);
  const shown = near.map((run) => path.relative(process.cwd(), run.dir) || ".");
  throw new RunError({ code: "run-missing", facts: { path: dir, lacks: MARK, near: shown } });
}

async function runsIn(dir: string): Promise<{ dir: string; started: number }[]> {
  const found: { dir: string; started: number }[] = [];
  for (const name of await folders(dir)) {
    const folder = path.join(dir, name);
    const started = await startOf(folder);
    if (started !== undefined && !name.endsWith(".part")) found.push({ dir: folder, started });
  }
  return found;
}

/** When a run was started; 0 where its file does not say, undefined where there is no run. */
async function startOf(folder: string): Promise<number | undefined> {
  if (!(await isRun(folder))) return undefined;
  try {
    return Date.parse(((await readJson(folder, MARK)) as RunEnvironment).started) || 0;
  } catch {
    return 0;
  }
}

async function folders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function isRun(dir: string): Promise<boolean> {
  return stat(path.join(dir, MARK)).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function readWeights(run: string): Promise<readonly NamedArray[]> {
  const bytes = await read(run, "weights.safetensors");
  try {
    return decodeSafetensors(bytes).arrays;
  } catch (error) {
    throw unreadable(run, `weights.safetensors ${(error as Error).message}`);
  }
}

async function readJson(run: string, file: string): Promise<unknown> {
  const text = (await read(run, file)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(run, `${file} is cut off or no JSON`);
  }
}

async function read(run: string, file: string): Promise<Buffer> {
  try {
    return await readFile(path.join(run, file));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw unreadable(run, missing ? `it has no ${file}` : `${file} cannot be opened`);
  }
}

function unreadable(run: string, why: string, use?: string): RunError {
  return new RunError({ code: "run-unreadable", facts: { path: run, why, ...(use !== undefined && { use }) } });
}
