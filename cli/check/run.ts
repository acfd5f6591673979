/**
 * One check of some specs: compiles each, fixes it if asked to, and looks at the tables. Returns what was found; prints
 * nothing but progress. Used once by `mmfc check`, and anew after each save by `--watch`.
 */
import { report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { SourceFile } from "../../diagnostics/span.ts";
import type { Inspection } from "../../runtime/data/inspect.ts";
import { compileSpec } from "../compilation.ts";
import { accessFacts, activity } from "../end.ts";
import type { Terminal } from "../terminal.ts";
import { type DataLookOptions, lookAtSpec, type TableLook } from "./data.ts";
import { fixedLine, fixSpec } from "./fix.ts";
import { createLookProgress } from "./progress.ts";

export interface CheckSettings {
  readonly data: boolean;
  readonly fix: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** A spec with all that was found. */
export interface CheckedSpec {
  readonly path: string;
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly diagnostics: readonly Diagnostic[];
  readonly models: number;
  readonly tables: readonly TableLook[];
  /** What `--fix` did. */
  readonly fixed?: string;
  /** Files outside the spec's own that its check depends on: its tables, there or not. */
  readonly sources: readonly string[];
}

/** @throws the signal's reason where it is aborted */
export async function checkSpecs(paths: readonly string[], settings: CheckSettings): Promise<CheckedSpec[]> {
  const known = new Map<string, Promise<Inspection>>();
  const progress = createLookProgress(settings.terminal);
  try {
    const checked: CheckedSpec[] = [];
    for (const spec of paths) {
      settings.signal.throwIfAborted();
      checked.push(await checkSpec(spec, settings, known, progress.onProgress));
    }
    return checked;
  } finally {
    progress.end();
  }
}

async function checkSpec(
  file: string,
  { data, fix, signal }: CheckSettings,
  known: Map<string, Promise<Inspection>>,
  onProgress: DataLookOptions["onProgress"],
): Promise<CheckedSpec> {
  const look = async (): Promise<CheckedSpec> => {
    const spec = await compileSpec(file, { data });
    activity.doing = "looking at the data of";
    const { diagnostics, tables } = data
      ? await lookAtSpec(spec, { signal, known, ...(onProgress !== undefined && { onProgress }) })
      : { diagnostics: [], tables: [] };
    return {
      path: file,
      files: spec.files,
      diagnostics: [...spec.diagnostics, ...diagnostics],
      models: spec.models.length,
      tables,
      sources: spec.sources,
    };
  };
  let first: CheckedSpec;
  try {
    first = await look();
  } catch (error) {
    // One spec that cannot be read does not keep the others from being checked.
    const facts = accessFacts(error);
    if (facts?.how !== "read" || (error as NodeJS.ErrnoException).path !== file) throw error;
    const said = report("no-access", { file, start: 0, end: 0 }, facts);
    return { path: file, files: new Map(), diagnostics: [said], models: 0, tables: [], sources: [] };
  }
  if (!fix) return first;
  const { spec, done } = await fixSpec(first, look);
  const fixed = fixedLine(spec, spec.diagnostics, done);
  return fixed === undefined ? spec : { ...spec, fixed };
}
