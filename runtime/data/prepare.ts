/**
 * From a data plan to parts that can be read in batches: table, media, checks, split, fit on training rows, transform.
 * Everything that does not fit is collected and thrown at once as a DataError; nothing half-done is left behind.
 */

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import type { DataPlan, ModalityPlan, PartName, SourcePlan, TargetPlan } from "../../plan/plan.ts";
import { audioReader } from "./audio.ts";
import type { FittedData, FittedModality, FittedTarget, Part } from "./batch.ts";
import { cacheRoot, writableRoot } from "./cache.ts";
import { readIds } from "./ids.ts";
import { imageReader } from "./image.ts";
import { openMedia } from "./media.ts";
import type { DataNote, ModalityReader, Progress, Workplace } from "./modality.ts";
import { createPart, type ReadyModality } from "./parts.ts";
import { createProblems, type Problems, problem } from "./problems.ts";
import { openTable, type Table } from "./source.ts";
import { readSplit, type Split } from "./split-table.ts";
import { tabularReader } from "./tabular.ts";
import {
  fitTarget,
  numbersAsClasses,
  type PartRows,
  type ReadyTarget,
  readTarget,
  reportMissing,
  type TargetCells,
} from "./targets.ts";
import { textReader } from "./text.ts";
import { vectorReader } from "./vector.ts";

export interface PrepareOptions {
  /** The folder that the plan's paths start at. */
  readonly base: string;
  /** Another table instead of the plan's (`--data`). */
  readonly source?: SourcePlan;
  /** What a model was fitted with: then nothing is fitted, all rows are one part, `data`, and labels may be missing. */
  readonly fitted?: FittedData;
  /** With `fitted`: true, at least one row must have a label, or there is nothing to judge; false, labels are not read. */
  readonly labels?: boolean;
  /** Where features are kept; default `${XDG_CACHE_HOME or ~/.cache}/mmfc`. */
  readonly cacheDir?: string;
  readonly threads?: number;
  readonly seed: number;
  /** Only these modalities are read. */
  readonly modalities?: readonly string[];
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Prepared {
  readonly fitted: FittedData;
  readonly parts: { readonly [name in PartName | "data"]?: Part };
  /** Media files that the rows name. */
  readonly files: number;
  readonly notes: readonly DataNote[];
  close(): Promise<void>;
}

/**
 * Prepares the data of a plan.
 * @throws DataError with everything that does not fit; the signal's reason where it is aborted
 */
export async function prepareData(data: DataPlan, options: PrepareOptions): Promise<Prepared> {
  const closing: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    return await prepare(data, options, closing, close);
  } catch (error) {
    await close();
    throw machineProblem(error, options.cacheDir ?? cacheRoot());
  }
}

/** A full disk or missing rights as a problem of the data; anything else as it is. */
function machineProblem(error: unknown, cache: string): unknown {
  const { code, path: where } = error as NodeJS.ErrnoException;
  const place = typeof where === "string" ? where : cache;
  // How much is missing is not known to the one who writes; the least step is what is asked for.
  if (code === "ENOSPC" || code === "EDQUOT")
    return problem("disk-full", { statement: "data" }, { path: cache, needs: 1_000_000 });
  if (code === "EACCES" || code === "EPERM")
    return problem("no-access", { statement: "data" }, { path: place, how: "read", why: "permission denied" });
  return error;
}

async function prepare(
  data: DataPlan,
  options: PrepareOptions,
  closing: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Prepared> {
  const predicting = options.fitted !== undefined;
  const problems = createProblems(predicting);
  const notes: DataNote[] = [];
  const { root, temporary } = writableRoot(options.cacheDir ?? cacheRoot());
  if (temporary) {
    notes.push({
      code: "cache-temporary",
      about: { statement: "data" },
      facts: { path: options.cacheDir ?? cacheRoot() },
    });
    closing.push(() => rm(root, { recursive: true, force: true }));
  }
  // A condition on the plan's table may name columns that another table lacks.
  const where = options.source === undefined ? data.where : undefined;
  const table = await openTable(options.source ?? data.source, {
    base: options.base,
    ...(data.header === undefined ? {} : { header: data.header }),
    ...(where === undefined ? {} : { where }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  closing.push(() => table.close());
  const media = await openMedia(data.media, options.base, table.folder, root);
  closing.push(() => media.close());

  const ids = await readIds(data.id, table, problems, predicting);
  if (ids.named) table.named(ids.ids);
  const place: Workplace = {
    table,
    media,
    problems,
    notes,
    cacheDir: root,
    threads: options.threads ?? availableParallelism(),
    predicting,
    progress: (progress) => options.onProgress?.(progress),
    fittedOf: (modality) => fittedModalities[modality],
    aside() {
      const folder = path.join(root, "features", `aside.part-${process.pid}-${randomBytes(6).toString("hex")}`);
      mkdirSync(folder, { recursive: true });
      return path.join(folder, "data.npy");
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const fittedModalities: { [name: string]: FittedModality } = { ...options.fitted?.modalities };

  // Look: every cell is checked, nothing is decoded.
  const chosen = chooseModalities(data, options.modalities, predicting);
  const readers = new Map<string, ModalityReader>();
  const present = new Map<string, Uint8Array>();
  for (const [name, plan] of chosen) {
    const reader = readerOf(name, plan, place);
    readers.set(name, reader);
    present.set(name, await reader.scan());
  }
  const cells: TargetCells[] = [];
  // predicting needs no labels, so what stands in their column does not matter
  const labelled = predicting && options.labels === false ? [] : Object.entries(data.targets);
  for (const [name, plan] of labelled) {
    const read = await readTarget(name, plan, place, predicting);
    if (read === undefined) continue;
    cells.push(read);
    const values = predicting ? undefined : numbersAsClasses(read, table.rows);
    if (values !== undefined)
      notes.push({
        code: "numbers-as-classes",
        about: { statement: name, property: "column" },
        facts: { name, column: read.columns[0], values },
      });
  }

  if (predicting && options.labels === true) await reportUnlabelled(data, cells, place);

  // Cells of a column that is not there say nothing more.
  if (problems.found.some((one) => one.code === "column-missing")) problems.check();

  // Split: over the rows that nothing drops.
  const kept = dropRows(table, chosen, present, predicting, notes);
  const split = predicting ? undefined : await readSplit(data, kept, cells, place, notes);
  if (!predicting && split === undefined) problems.check();
  const parts: PartRows[] = split === undefined ? [{ name: "data", rows: kept }] : partsOf(split);
  const rows = split === undefined ? kept : joined(parts, table.rows);
  const inParts = new Uint8Array(table.rows);
  for (const row of rows) inParts[row] = 1;
  const targets: ReadyTarget[] = [];
  const stratifies = data.split.by === "random" && data.split.stratify === undefined;
  for (const one of cells) {
    if (!predicting) reportMissing(one, inParts, place);
    targets.push(fitTarget(one, parts, options.fitted?.targets[one.name], { ...place, stratifies }));
  }
  const train = parts.find((part) => part.name === "train")?.rows ?? new Int32Array(0);
  for (const [name, plan] of chosen) reportAbsence(name, plan, present.get(name)!, parts, train, problems, notes);
  problems.check();

  // Fit and transform.
  const ready: ReadyModality[] = [];
  for (const [name, plan] of chosen) {
    const there = present.get(name)!;
    const withValue = (all: Int32Array): Int32Array => all.filter((row) => there[row] === 1);
    const { fitted, feed } = await readers.get(name)!.prepare(rows, withValue(train), options.fitted?.modalities[name]);
    closing.push(() => feed.close());
    fittedModalities[name] = fitted;
    ready.push({ name, plan, feed, present: there });
  }
  problems.check();

  const fittedTargets: { [name: string]: FittedTarget } = { ...options.fitted?.targets };
  for (const target of targets) fittedTargets[target.name] = target.fitted;
  const wanted =
    options.modalities === undefined ? ready : ready.filter((one) => options.modalities!.includes(one.name));
  const made: { [name in PartName | "data"]?: Part } = {};
  for (const part of parts) {
    if (part.rows.length > 0)
      made[part.name as PartName | "data"] = createPart(
        part.name as PartName | "data",
        part.rows,
        table,
        ids.ids,
        wanted,
        targets,
      );
  }
  return {
    fitted: options.fitted ?? { version: 1, modalities: fittedModalities, targets: fittedTargets },
    parts: made,
    files: ready.reduce((sum, one) => sum + (one.feed.files ?? 0), 0),
    notes,
    close,
  };
}

/** Where not one row of the table has a label, every target says why. */
async function reportUnlabelled(data: DataPlan, cells: readonly TargetCells[], place: Workplace): Promise<void> {
  if (cells.some(({ some }) => some.includes(1))) return;
  for (const [name, plan] of Object.entries(data.targets)) {
    const found = cells.find((one) => one.name === name);
    if (found === undefined) await readTarget(name, plan, place, false);
    else reportMissing({ ...found, plan: required(plan) }, new Uint8Array(place.table.rows).fill(1), place);
  }
}

function required({ optional: _, ...plan }: TargetPlan): TargetPlan {
  return plan;
}

/** Modalities to read, those whose vocabulary is shared before those that share it. */
function chooseModalities(
  data: DataPlan,
  wanted: readonly string[] | undefined,
  predicting: boolean,
): [string, ModalityPlan][] {
  const names = new Set(wanted ?? Object.keys(data.modalities));
  if (!predicting) {
    for (const [name, plan] of Object.entries(data.modalities)) {
      if (names.has(name) && plan.type === "text" && plan.shares !== undefined) names.add(plan.shares);
    }
  }
  const chosen = Object.entries(data.modalities).filter(([name]) => names.has(name));
  const shares = (plan: ModalityPlan): number => (plan.type === "text" && plan.shares !== undefined ? 1 : 0);
  return chosen.sort((a, b) => shares(a[1]) - shares(b[1]));
}

function readerOf(name: string, plan: ModalityPlan, place: Workplace): ModalityReader {
  switch (plan.type) {
    case "text":
      return textReader(name, plan, place);
    case "image":
      return imageReader(name, plan, place);
    case "audio":
      return audioReader(name, plan, place);
    case "tabular":
      return tabularReader(name, plan, place);
    case "vector":
      return vectorReader(name, plan, place);
  }
}

/** All rows but those that a `missing: drop` leaves out. */
function dropRows(
  table: Table,
  chosen: readonly [string, ModalityPlan][],
  present: ReadonlyMap<string, Uint8Array>,
  predicting: boolean,
  notes: DataNote[],
): Int32Array {
  const gone = new Uint8Array(table.rows);
  if (!predicting) {
    for (const [name, plan] of chosen) {
      if (plan.missing !== "drop" || plan.optional === true) continue;
      const there = present.get(name)!;
      let dropped = 0;
      for (let row = 0; row < table.rows; row++) {
        if (there[row] === 1) continue;
        if (gone[row] === 0) dropped++;
        gone[row] = 1;
      }
      if (dropped > 0)
        notes.push({
          code: "rows-dropped",
          about: { statement: name, property: "missing" },
          facts: { name, rows: dropped, of: table.rows },
        });
    }
  }
  return Int32Array.from({ length: table.rows }, (_, row) => row).filter((row) => gone[row] === 0);
}

function partsOf(split: Split): PartRows[] {
  return (["train", "validation", "test"] as const).map((name) => ({ name, rows: split[name] }));
}

/** Rows of any part, ascending. */
function joined(parts: readonly PartRows[], n: number): Int32Array {
  const inside = new Uint8Array(n);
  for (const part of parts) for (const row of part.rows) inside[row] = 1;
  return Int32Array.from({ length: n }, (_, row) => row).filter((row) => inside[row] === 1);
}

/** A modality that no training row has teaches nothing; how often an optional one is absent is worth a note. */
function reportAbsence(
  name: string,
  plan: ModalityPlan,
  there: Uint8Array,
  parts: readonly PartRows[],
  train: Int32Array,
  problems: Problems,
  notes: DataNote[],
): void {
  if (plan.optional !== true && plan.missing !== "empty") return;
  const absent = (rows: Int32Array): number => rows.reduce((sum, row) => sum + (there[row] === 1 ? 0 : 1), 0);
  if (train.length > 0 && absent(train) === train.length) {
    const property =
      plan.file !== undefined
        ? "file"
        : plan.files !== undefined
          ? "files"
          : plan.columns !== undefined
            ? "columns"
            : "column";
    const written = plan.file ?? plan.files ?? plan.columns ?? plan.column ?? name;
    problems.add(
      "never-present",
      { statement: name, property },
      { name, rows: train.length, check: `${property}: ${JSON.stringify(written)}` },
    );
    return;
  }
  const byPart = Object.fromEntries(
    parts
      .filter((part) => part.rows.length > 0)
      .map((part) => [part.name, { absent: absent(part.rows), of: part.rows.length }]),
  );
  notes.push({ code: "absent", about: { statement: name }, facts: { name, parts: byPart } });
}
