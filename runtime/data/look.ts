/**
 * Looking at the data of a plan without preparing any of it: the table and its cells, the split, labels, absence, leaks.
 * What does not fit is collected, not thrown, so that one answer has all of it. prepare.ts goes on from here to train;
 * inspect.ts goes on to tell what was found.
 */

import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import type { DataPlan, ModalityPlan, SourcePlan, TargetPlan } from "../../plan/plan.ts";
import { audioReader } from "./audio.ts";
import type { FittedData, FittedModality } from "./batch.ts";
import { asideFolder, cacheRoot, writableRoot } from "./cache.ts";
import { readIds } from "./ids.ts";
import { imageReader } from "./image.ts";
import { reportLeaks, reportTrained } from "./leaks.ts";
import type { TrainedRows } from "./leaks-trained.ts";
import { openMedia } from "./media.ts";
import type { DataNote, ModalityReader, Progress, Workplace } from "./modality.ts";
import { createProblems, type Problems } from "./problems.ts";
import { type ReadyTarget, readyTarget } from "./ready-targets.ts";
import { type SharedTables, shareTables } from "./shared-tables.ts";
import type { Table } from "./source.ts";
import { readSplit, type Split } from "./split-table.ts";
import { tabularReader } from "./tabular.ts";
import { numbersAsClasses, type PartRows, readTarget, reportMissing, type TargetCells } from "./targets.ts";
import { textReader } from "./text.ts";
import { vectorReader } from "./vector.ts";

export interface LookOptions {
  /** The folder that the plan's paths start at. */
  readonly base: string;
  /** Another table instead of the plan's (`--data`). */
  readonly source?: SourcePlan;
  /** What a model was fitted with: then nothing is fitted, all rows are one part, `data`, and labels may be missing. */
  readonly fitted?: FittedData;
  /** With `fitted`: true, at least one row must have a label, or there is nothing to judge; false, labels are not read. */
  readonly labels?: boolean;
  /** The rows that the model was trained on: others are to be judged, so these are reported. */
  readonly trained?: TrainedRows;
  /** Where features are kept; default `${XDG_CACHE_HOME or ~/.cache}/mmfc`. */
  readonly cacheDir?: string;
  readonly threads?: number;
  /** Only these modalities are read. */
  readonly modalities?: readonly string[];
  /** Tables that several looks share; whoever made them closes them. */
  readonly tables?: SharedTables;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** One modality of a plan with what its cells say. */
export interface LookedAt {
  readonly name: string;
  readonly plan: ModalityPlan;
  readonly reader: ModalityReader;
  /** 1 where a value is there, by table row. */
  readonly present: Uint8Array;
}

/** What a look found. `problems` has what does not fit; nothing of it was thrown yet. */
export interface Look {
  readonly table: Table;
  /** In reading order: those whose vocabulary is shared before those that share it. */
  readonly modalities: readonly LookedAt[];
  readonly targets: readonly ReadyTarget[];
  /** Parts in the order train, validation, test; `data` alone for new rows. */
  readonly parts: readonly PartRows[];
  /** Rows of any part, ascending. */
  readonly rows: Int32Array;
  readonly train: Int32Array;
  readonly problems: Problems;
  readonly notes: readonly DataNote[];
  /** What a run keeps of its training rows. */
  readonly trained?: TrainedRows;
  /** Modalities by name, as they are fitted. */
  readonly fitted: { [name: string]: FittedModality };
}

/** Things to close again, the last one first. */
export type Closing = (() => Promise<void> | void)[];

/**
 * Opens the table, looks at every cell the plan names, splits, and compares the parts. What is opened goes to `closing`.
 * @throws DataError where there is no table to look at; the signal's reason where it is aborted
 */
export async function lookAtData(data: DataPlan, options: LookOptions, closing: Closing): Promise<Look> {
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
  const tables = options.tables ?? shareTables([data]);
  if (options.tables === undefined) closing.push(() => tables.close());
  const table = await tables.open(options.source ?? data.source, data, {
    base: options.base,
    aside: () => asideFolder(root),
    ...(data.header === undefined ? {} : { header: data.header }),
    ...(where === undefined ? {} : { where }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const media = await openMedia(data.media, options.base, table.folder, root);
  closing.push(() => media.close());

  await readIds(data.id, table, problems, predicting);
  const place: Workplace = {
    table,
    media,
    problems,
    notes,
    cacheDir: root,
    threads: options.threads ?? availableParallelism(),
    predicting,
    progress: (progress) => options.onProgress?.(progress),
    scanned: new Map(),
    fittedOf: (modality) => fittedModalities[modality],
    aside() {
      return path.join(asideFolder(root), "data.npy");
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

  // Split: over the rows that nothing drops.
  // What lacks a column has no cells to speak of.
  const lacking = new Set(
    problems.found.flatMap((one) => (one.code === "column-missing" ? [one.about.statement] : [])),
  );
  const whole = chosen.filter(([name]) => !lacking.has(name));
  const kept = dropRows(table, whole, present, predicting, notes);
  const split = predicting ? undefined : await readSplit(data, kept, cells, place, notes);
  // Where the table cannot be split, which is said already, nothing can be said of parts.
  const parted = predicting || split !== undefined;
  const parts: PartRows[] = split === undefined ? [{ name: "data", rows: kept }] : partsOf(split);
  const rows = split === undefined ? kept : joined(parts, table.rows);
  const inParts = new Uint8Array(table.rows);
  for (const row of rows) inParts[row] = 1;
  const targets: ReadyTarget[] = [];
  const stratifies = data.split.by === "random" && data.split.stratify === undefined;
  for (const one of cells) {
    if (!predicting) reportMissing(one, inParts, place);
    if (parted) targets.push(readyTarget(one, parts, options.fitted?.targets[one.name], { ...place, stratifies }));
  }
  const train = parts.find((part) => part.name === "train")?.rows ?? new Int32Array(0);
  for (const [name, plan] of parted ? whole : [])
    reportAbsence(name, plan, present.get(name)!, parts, train, problems, notes);
  const looked = chosen.map(([name, plan]) => ({
    name,
    plan,
    reader: readers.get(name)!,
    present: present.get(name)!,
  }));
  const look: Look = {
    table,
    modalities: looked,
    targets,
    parts,
    rows,
    train,
    problems,
    notes,
    fitted: fittedModalities,
  };
  if (options.trained !== undefined) await reportTrained(data, look, place, options.trained);
  const trained = split === undefined ? undefined : await reportLeaks(data, look, place);
  await table.nameRows();
  return trained === undefined ? look : { ...look, trained };
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
