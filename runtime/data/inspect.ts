/**
 * What `mmfc check` says of the data: everything that training would refuse, and what is worth knowing, in one answer.
 * Looks as training does, then into every file the rows name; keeps and fits nothing.
 */
import type { DataPlan } from "../../plan/plan.ts";
import { DataError, type DataProblem } from "./batch.ts";
import { cacheRoot } from "./cache.ts";
import { type Closing, type Look, type LookOptions, lookAtData } from "./look.ts";
import type { DataNote } from "./modality.ts";
import { machineProblem } from "./problems.ts";

/** What an inspection found. */
export interface Inspection {
  /** What stops training. */
  readonly problems: readonly DataProblem[];
  readonly notes: readonly DataNote[];
  /** Rows that were looked at, of all files of the source; 0 where the table cannot be read. */
  readonly rows: number;
  /** Different media files that were looked into. */
  readonly files: number;
  readonly seconds: number;
}

/**
 * Looks at the data of a plan.
 * @throws the signal's reason where it is aborted; never DataError: that is the answer
 */
export async function inspectData(data: DataPlan, options: LookOptions): Promise<Inspection> {
  const started = performance.now();
  const closing: Closing = [];
  const seconds = (): number => (performance.now() - started) / 1000;
  try {
    const look = await lookAtData(data, options, closing);
    const files = await inspectFiles(look);
    return { problems: look.problems.found, notes: look.notes, rows: look.table.rows, files, seconds: seconds() };
  } catch (error) {
    const said = machineProblem(error, options.cacheDir ?? cacheRoot());
    if (said instanceof DataError) return { problems: said.problems, notes: [], rows: 0, files: 0, seconds: seconds() };
    throw said;
  } finally {
    for (const one of closing.splice(0).reverse()) await one();
  }
}

/** Looks into every file that rows of a part name; returns how many there are. */
export async function inspectFiles(look: Look): Promise<number> {
  let files = 0;
  for (const { reader } of look.modalities) files += (await reader.inspect?.(look.rows, look.train)) ?? 0;
  await look.table.nameRows();
  return files;
}
