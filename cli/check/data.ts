/**
 * The table as part of a check: every model whose text is right is looked at as training would, and what was found becomes
 * messages at their places. Owns what is said once although several models read it. DuckDB and the decoders are loaded
 * when there is something to look at, not before.
 */
import path from "node:path";
import {
  type Compilation,
  type CompiledModel,
  problemDiagnostics,
  uselessDataIgnores,
} from "../../compiler/compile.ts";
import { type Diagnostic, hasErrors } from "../../diagnostics/diagnostic.ts";
import type { Inspection } from "../../runtime/data/inspect.ts";
import type { DataNote, Progress } from "../../runtime/data/modality.ts";
import type { SharedTables } from "../../runtime/data/shared-tables.ts";
import { partNotes } from "../data-notes.ts";

/** A table that was looked at. */
export interface TableLook {
  /** As messages call it. */
  readonly path: string;
  /** Tells tables of one name apart. */
  readonly key: string;
  readonly rows: number;
  /** Media files that its rows name. */
  readonly files: number;
  readonly seconds: number;
  readonly notes: readonly DataNote[];
  /** No error and no warning is about it. */
  readonly fits: boolean;
}

export interface DataLook {
  readonly diagnostics: readonly Diagnostic[];
  readonly tables: readonly TableLook[];
}

export interface DataLookOptions {
  readonly signal?: AbortSignal;
  readonly threads?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Another table in place of the plans' (`--data`), as typed. */
  readonly source?: string;
  /** What was looked at before, by plan: models and specs that read the same are looked at once. */
  readonly known?: Map<string, Promise<Inspection>>;
  /** Which models; all, if left out. */
  readonly which?: (model: CompiledModel) => boolean;
}

/** Looks at the data of the models of a spec; what the spec's own check has said already is left out. */
export async function lookAtSpec(spec: Compilation, options: DataLookOptions): Promise<DataLook> {
  const plans = spec.models.flatMap((model) => (model.data === undefined ? [] : [model.data.plan]));
  if (plans.length === 0) return lookAtModels(spec, options);
  const { shareTables } = await import("../../runtime/data/shared-tables.ts");
  const shared = shareTables(plans);
  try {
    return await lookAtModels(spec, options, shared);
  } finally {
    await shared.close();
  }
}

async function lookAtModels(spec: Compilation, options: DataLookOptions, shared?: SharedTables): Promise<DataLook> {
  const found: Diagnostic[] = [];
  const tables = new Map<string, TableLook>();
  const known = options.known ?? new Map<string, Promise<Inspection>>();
  for (const model of spec.models) {
    // A table that is not there, or that is none, was spoken of when its columns were read.
    if (model.data === undefined || model.table === undefined) continue;
    if (options.which !== undefined && !options.which(model)) continue;
    const inspection = await inspectOnce(model.data, options, known, shared);
    const { problems, notes } = inspection;
    const { messages } = partNotes(notes);
    const said = problemDiagnostics(spec, model.name, [...problems, ...messages]);
    found.push(...said.filter((d) => ![...spec.diagnostics, ...found].some((other) => sameMessage(d, other))));
    const key = JSON.stringify([path.resolve(model.data.base), model.table.path]);
    const look = {
      path: model.table.path,
      key,
      rows: inspection.rows,
      files: inspection.files,
      seconds: inspection.seconds,
      notes,
      fits: said.every((d) => d.severity === "note"),
    };
    const before = tables.get(key);
    tables.set(key, before === undefined ? look : bothLooks(before, look, notes === before.notes));
  }
  // Whether a comment silences nothing is known when all has been read; an error may have kept a look from its end.
  const all = options.which === undefined && spec.models.every((model) => model.data && model.table);
  if (all && !hasErrors([...spec.diagnostics, ...found])) found.push(...uselessDataIgnores(spec));
  return { diagnostics: found, tables: [...tables.values()] };
}

/** Loads what reads tables only now. */
async function inspectOnce(
  { plan, base }: NonNullable<CompiledModel["data"]>,
  { signal, threads, onProgress, source }: DataLookOptions,
  known: Map<string, Promise<Inspection>>,
  tables: SharedTables | undefined,
): Promise<Inspection> {
  const key = JSON.stringify([path.resolve(base), source ?? "", plan]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const { inspectData } = await import("../../runtime/data/inspect.ts");
  const inspection = inspectData(plan, {
    base,
    // What is typed starts here, not at the spec's folder.
    ...(source !== undefined && { source: path.resolve(source) }),
    ...(threads !== undefined && { threads }),
    ...(signal !== undefined && { signal }),
    ...(onProgress !== undefined && { onProgress }),
    ...(tables !== undefined && { tables }),
  });
  known.set(key, inspection);
  return inspection;
}

/** Models that read different columns or files of one table. */
function bothLooks(a: TableLook, b: TableLook, same: boolean): TableLook {
  return {
    ...a,
    rows: Math.max(a.rows, b.rows),
    files: Math.max(a.files, b.files),
    seconds: same ? a.seconds : a.seconds + b.seconds,
    notes: same ? a.notes : [...a.notes, ...b.notes],
    fits: a.fits && b.fits,
  };
}

/** The spec's own check marks a column inside its value, the look at the data maybe the whole value. */
function sameMessage(a: Diagnostic, b: Diagnostic): boolean {
  if (a.code !== b.code || a.message !== b.message || a.span.file !== b.span.file) return false;
  return a.span.start === b.span.start || (a.span.start < b.span.end && b.span.start < a.span.end);
}
