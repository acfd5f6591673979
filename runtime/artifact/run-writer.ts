/**
 * A run being written, at its final place from the start: one process at a time, each file whole or not there, and, if
 * nothing comes of it, the folder as it was. Owns when files go; knows nothing of what is in them.
 */
import { existsSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../make-folder.ts";
import { CHECKPOINTS, checkpointSize, writeCheckpoint } from "./checkpoint-file.ts";
import { appendDurably, dropUnderWay, isAside, type Owner, problemOf, sweep, writeDurably } from "./durable.ts";
import { RunError } from "./run-error.ts";
import { MARK, type RunEnvironment } from "./run-folder.ts";
import { LOCK, type Lock, lockRun, trainerOf } from "./run-lock.ts";
import type { LazyArray, NamedArray } from "./safetensors.ts";
import { safetensorsSize, writeSafetensors } from "./safetensors.ts";

/** What a run consists of. Other files in its folder are somebody else's. */
const OWN = [
  MARK,
  "spec.mmf",
  "program.ts",
  "program.js",
  "graph.mmd",
  "ir.json",
  "package.json",
  "preprocess.json",
  "trained.json",
  "contract.schema.json",
  "metrics.jsonl",
  "weights.safetensors",
  "scorecard.json",
  CHECKPOINTS,
];

export interface RunSources {
  readonly specText?: string;
  readonly programText?: string;
  /** The JavaScript of the program; without it a run cannot be judged or used again. */
  readonly programJs: string;
  readonly graphText?: string;
  readonly irJson?: string;
}

export interface RunWriter {
  /** Absolute. */
  readonly folder: string;
  /** There is something to go on from: it stays, whatever comes. */
  readonly kept: boolean;
  write(file: string, content: string | Uint8Array): Promise<void>;
  writeArrays(file: string, arrays: readonly LazyArray[], metadata: { readonly [key: string]: string }): Promise<void>;
  appendLine(file: string, value: unknown): Promise<void>;
  /** Replaces the checkpoint of that name once the new one is whole. From the first one on the run is kept. */
  saveCheckpoint(name: string, state: unknown, arrays: readonly LazyArray[]): Promise<void>;
  /** The run is whole: its checkpoints go. */
  finish(): Promise<void>;
  /** Leaves what is there to whoever resumes it. */
  leave(): Promise<void>;
  /** As if it had never begun. What stood there before stands there again. */
  discard(): void;
}

/** Whether a run may be written there: nothing is, or a run, or what is left of one. */
export async function isFree(out: string): Promise<boolean> {
  const entries: string[] = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new RunError({ code: "out-exists", facts: { path: out } });
  });
  return entries.includes(MARK) || entries.includes(LOCK) || entries.every(isAside);
}

/**
 * Begins a run. Files of a run that stood there are set aside until there is something to keep of the new one.
 *
 * @param force also where something stands that is no run; what has other names stays
 * @throws RunError out-exists, run-in-use, disk-full, no-access
 */
export async function createRun(out: string, force = false): Promise<RunWriter> {
  if (!(await isFree(out)) && !force) throw new RunError({ code: "out-exists", facts: { path: out } });
  const folder = path.resolve(out);
  const owner = { path: out, resumable: false };
  let made: string | undefined;
  try {
    made = makeFolder(folder);
  } catch (error) {
    throw await problemOf(error, owner, folder, 0);
  }
  const lock = await lockRun(folder, out).catch(async (error: unknown) => {
    throw await problemOf(error, owner, folder, 0);
  });
  const aside = new Map<string, string>();
  try {
    await sweep(folder);
    for (const name of OWN) {
      const file = path.join(folder, name);
      if (!existsSync(file)) continue;
      await rename(file, `${file}.${process.pid}.old`);
      aside.set(file, `${file}.${process.pid}.old`);
    }
    await mkdir(path.join(folder, CHECKPOINTS));
  } catch (error) {
    for (const [file, old] of aside) renameSync(old, file);
    lock.drop();
    throw await problemOf(error, owner, folder, 0);
  }
  return writerOf(folder, out, lock, { aside, made });
}

/**
 * Goes on writing a run.
 *
 * @throws RunError run-in-use, disk-full, no-access
 */
export async function continueRun(dir: string): Promise<RunWriter> {
  const folder = path.resolve(dir);
  const owner = { path: dir, resumable: true };
  try {
    const lock = await lockRun(folder, dir);
    await sweep(folder);
    await sweep(path.join(folder, CHECKPOINTS));
    return writerOf(folder, dir, lock, undefined);
  } catch (error) {
    throw await problemOf(error, owner, folder, 0);
  }
}

/** What a new run can be undone by. */
interface Beginning {
  /** Files that stood there, and where they are meanwhile. */
  readonly aside: ReadonlyMap<string, string>;
  /** The first folder that had to be made. */
  readonly made: string | undefined;
}

function writerOf(folder: string, shown: string, lock: Lock, beginning: Beginning | undefined): RunWriter {
  let kept = beginning === undefined;
  let oldGone = false;
  const owner: Owner = {
    path: shown,
    get resumable() {
      return kept;
    },
  };
  // A second Ctrl-C ends the process at once.
  const onExit = (): void => {
    dropUnderWay();
    if (kept) lock.drop();
    else discard();
  };
  process.once("exit", onExit);
  const at = (file: string): string => path.join(folder, file);

  const discard = (): void => {
    process.off("exit", onExit);
    lock.drop();
    if (beginning !== undefined) undo(folder, beginning);
  };
  const writeArrays: RunWriter["writeArrays"] = (file, arrays, metadata) =>
    writeDurably(
      at(file),
      (handle) => writeSafetensors(handle, arrays, metadata),
      owner,
      safetensorsSize(arrays, metadata),
    );

  return {
    folder,
    get kept() {
      return kept;
    },
    write: (file, content) => writeDurably(at(file), content, owner),
    writeArrays,
    appendLine: (file, value) => appendDurably(at(file), JSON.stringify(value), owner),
    async saveCheckpoint(name, state, arrays) {
      await assertMine(folder, shown, lock);
      await mkdir(at(CHECKPOINTS)).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw await problemOf(error, owner, folder, checkpointSize(state, arrays));
      });
      await writeCheckpoint(at(CHECKPOINTS), name, state, arrays, owner);
      kept = true;
      if (!oldGone) await removeOld(folder);
      oldGone = true;
    },
    async finish() {
      await rm(at(CHECKPOINTS), { recursive: true, force: true });
      await removeOld(folder);
      process.off("exit", onExit);
      await lock.release();
    },
    async leave() {
      process.off("exit", onExit);
      await lock.release();
    },
    discard,
  };
}

/** A lock that another process has taken over (this one was held up for long) is another's run now. */
async function assertMine(folder: string, shown: string, lock: Lock): Promise<void> {
  if (await lock.held()) return;
  const other = await trainerOf(folder);
  if (other !== undefined && other !== process.pid)
    throw new RunError({ code: "run-in-use", facts: { path: shown, process: other } });
}

/** Files of a run that stood here before, also those that a killed process had set aside. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (OWN.includes(name.replace(/\.\d+\.old$/, "")) && name.endsWith(".old"))
      await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

/** At the end of a process nothing may be waited for. */
function undo(folder: string, { aside, made }: Beginning): void {
  try {
    for (const name of OWN) rmSync(path.join(folder, name), { recursive: true, force: true });
    for (const name of readdirSync(folder)) if (isAside(name)) rmSync(path.join(folder, name), { force: true });
    for (const [file, old] of aside) renameSync(old, file);
    if (made === undefined) return;
    // Up to the first folder that was made, as long as nobody has put anything into it.
    for (let empty = folder; empty.startsWith(made); empty = path.dirname(empty)) rmdirSync(empty);
  } catch {
    // A folder that is gone, or used by somebody else by now: as it is.
  }
}

export async function writeWeights(run: RunWriter, weights: readonly LazyArray[], model: string): Promise<void> {
  await run.writeArrays("weights.safetensors", weights, { format: "mmfc", model });
}

/** The file that makes the folder a run comes last. */
export async function writeSources(run: RunWriter, sources: RunSources, environment: RunEnvironment): Promise<void> {
  const files: [string, string | undefined][] = [
    ["spec.mmf", sources.specText],
    ["program.ts", sources.programText],
    ["program.js", sources.programJs],
    ["graph.mmd", sources.graphText],
    ["ir.json", sources.irJson],
    // Node takes program.js for a module wherever the run is put.
    ["package.json", jsonText({ private: true, type: "module" })],
    [MARK, jsonText(environment)],
  ];
  for (const [file, text] of files) if (text !== undefined) await run.write(file, text);
}

/** Files are for people, too. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Numbers that are there already, to be written. */
export function lazy({ name, shape, data }: NamedArray): LazyArray {
  return { name, shape, read: () => data };
}
