/**
 * The folder of a run, found again and read. Owns the form of environment.json; knows nothing of training or of tensors,
 * and writes nothing: that is run-writer.ts's.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { FittedData } from "../data/batch.ts";
import { isTrainedRows, type TrainedRows } from "../data/leaks-trained.ts";
import { RunError } from "./run-error.ts";
import type { NamedArray } from "./safetensors.ts";
import { decodeSafetensors } from "./safetensors.ts";

/** The file that makes a folder a run. */
export const MARK = "environment.json";

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
  /**
   * `training` from the start on: a process is at it, or was killed, and the checkpoints say how far it got. `early` is
   * finished, too; `stopped` by Ctrl-C, `failed` at a loss that was no number.
   */
  readonly status: "training" | "finished" | "early" | "stopped" | "failed";
  /** `best` in what was watched; `kept`: whose weights are in weights.safetensors, 0 for those inside the first epoch. */
  readonly epochs: { readonly planned: number; readonly ended: number; readonly kept: number; readonly best?: number };
  readonly steps: number;
  readonly stepsPerEpoch?: number;
  /** Floors are trained, too. */
  readonly baselines?: boolean;
  /** Floors that were not trained any more when it was stopped. */
  readonly floorsLeft?: readonly string[];
  /** Rows by part and sums of their values: whether data are still the same. */
  readonly data?: DataPrint;
}

/** What data look like, briefly. Sums are compared with a tolerance. */
export interface DataPrint {
  readonly rows: { readonly [part: string]: number };
  /** A hash of ids, row numbers, labels and presence. */
  readonly hash: string;
  /** Of inputs in some batches, by part and input. */
  readonly sums: { readonly [part: string]: { readonly [input: string]: readonly [sum: number, size: number] } };
}

/** Whether nothing is left to be trained. */
export function isFinished({ status, floorsLeft = [] }: RunEnvironment): boolean {
  return (status === "finished" || status === "early") && floorsLeft.length === 0;
}

/** A run read back. */
export interface StoredRun {
  /** As the user would type it. */
  readonly dir: string;
  readonly environment: RunEnvironment;
  readonly programJs: string;
  /** None if the training ended before the data were ready. */
  readonly fitted?: FittedData;
  /** trained.json: the rows it was trained on, as far as they are kept. */
  readonly trained?: TrainedRows;
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
  const environment = await readEnvironment(run);
  const early = environment.status === "training" && !(await isFile(path.join(run, "preprocess.json")));
  const fitted = early ? undefined : await readFitted(run);
  const programJs = (await read(run, "program.js")).toString("utf8");
  // Without it a run is as good; it only says less of other tables.
  const trained = await readJson(run, "trained.json").catch(() => undefined);
  const scorecard = await readJson(run, "scorecard.json").catch(() => undefined);
  return {
    dir: run,
    environment,
    programJs,
    ...(fitted !== undefined && { fitted }),
    ...(isTrainedRows(trained) && { trained }),
    ...(scorecard !== undefined && { scorecard }),
  };
}

/** @throws RunError run-unreadable */
export async function readWeights(run: string): Promise<readonly NamedArray[]> {
  const bytes = await read(run, "weights.safetensors");
  try {
    return decodeSafetensors(bytes).arrays;
  } catch (error) {
    throw unreadable(run, `weights.safetensors ${(error as Error).message}`);
  }
}

async function readEnvironment(run: string): Promise<RunEnvironment> {
  const found = await readJson(run, MARK);
  const { version, mmfc } = (found ?? {}) as { version?: unknown; mmfc?: unknown };
  const by = typeof mmfc === "string" ? mmfc : undefined;
  if (typeof version === "number" && version !== 1)
    throw unreadable(run, `it was written by mmfc ${by ?? "of another version"}`, by);
  if (!isEnvironment(found)) throw unreadable(run, `${MARK} is not that of a run`);
  return found;
}

function isEnvironment(value: unknown): value is RunEnvironment {
  if (typeof value !== "object" || value === null) return false;
  const { version, model, spec, base, seed, started, status, epochs, steps, engine } = value as Partial<RunEnvironment>;
  const texts = [model, spec, base, started, status, engine?.kind].every((text) => typeof text === "string");
  const numbers = [seed, steps, epochs?.planned, epochs?.ended, epochs?.kept].every((n) => Number.isInteger(n));
  return version === 1 && texts && numbers;
}

async function readFitted(run: string): Promise<FittedData> {
  const found = (await readJson(run, "preprocess.json")) as Partial<FittedData> | null;
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  if (found?.version !== 1 || !isObject(found.modalities) || !isObject(found.targets))
    throw unreadable(run, "preprocess.json is not that of a run");
  return found as FittedData;
}

/** The folder itself if it is a run, else the newest run in it, or one level below. */
export async function findRun(dir: string): Promise<string> {
  if (await isFile(path.join(dir, MARK))) return dir;
  const [newest] = await runsBelow(dir);
  if (newest !== undefined) return newest.dir;
  throw await missing(dir);
}

/** The newest run that is not finished, in the folder or below; if all are, the newest. */
export async function findUnfinished(
  dir: string,
  wanted: (environment: RunEnvironment) => boolean = () => true,
): Promise<string> {
  if (await isFile(path.join(dir, MARK))) return dir;
  const runs = (await runsBelow(dir)).filter(({ environment }) => environment !== undefined && wanted(environment));
  const found = runs.find(({ environment }) => !isFinished(environment as RunEnvironment)) ?? runs[0];
  if (found !== undefined) return found.dir;
  throw await missing(dir);
}

async function missing(dir: string): Promise<RunError> {
  const near = (await runsIn(path.dirname(path.resolve(dir)))).slice(0, 3);
  const shown = near.map((run) => path.relative(process.cwd(), run.dir) || ".");
  return new RunError({ code: "run-missing", facts: { path: dir, lacks: MARK, near: shown } });
}

interface FoundRun {
  readonly dir: string;
  /** 0 where its file does not say. */
  readonly started: number;
  readonly environment?: RunEnvironment;
}

/** Those in the folder and those one level below it: `runs/try` beside `runs/Digits/TIME-SEED`. */
async function runsBelow(dir: string): Promise<FoundRun[]> {
  const runs = await runsIn(dir);
  const own = new Set(runs.map((run) => run.dir));
  const others = (await folders(dir)).map((name) => path.join(dir, name)).filter((folder) => !own.has(folder));
  const below = await Promise.all(others.map(runsIn));
  return [...runs, ...below.flat()].sort((a, b) => b.started - a.started);
}

/** The newest first. */
async function runsIn(dir: string): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  for (const name of await folders(dir)) {
    const folder = path.join(dir, name);
    if (!(await isFile(path.join(folder, MARK)))) continue;
    const environment = await readEnvironment(folder).catch(() => undefined);
    const started = Date.parse(environment?.started ?? "") || 0;
    found.push({ dir: folder, started, ...(environment !== undefined && { environment }) });
  }
  return found.sort((a, b) => b.started - a.started);
}

async function folders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
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
