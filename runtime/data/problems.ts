/**
 * Collects what does not fit in the data: all of it, so that one run tells everything. Knows codes and rows, not
 * sentences (diagnostics/catalogue/data.ts has those).
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import { DataError, type DataProblem } from "./batch.ts";

export type About = DataProblem["about"];

/** What was found so far. */
export interface Problems {
  readonly found: readonly DataProblem[];
  add(code: string, about: About, facts: DataProblem["facts"], rows?: readonly DataRow[]): void;
  /** Throws a DataError with everything found, if anything was. */
  check(): void;
}

/** With `run`, the data are new to a trained model, which its messages say: the spec cannot be changed any more. */
export function createProblems(run = false): Problems {
  const found: DataProblem[] = [];
  return {
    found,
    add(code, about, known, rows) {
      const facts = run ? { ...known, run } : known;
      found.push(rows === undefined ? { code, about, facts } : { code, about, facts, rows });
    },
    check() {
      if (found.length > 0) throw new DataError(found);
    },
  };
}

/** A DataError of one problem. */
export function problem(code: string, about: About, facts: DataProblem["facts"], rows?: readonly DataRow[]): DataError {
  return new DataError([rows === undefined ? { code, about, facts } : { code, about, facts, rows }]);
}

/** A full disk or missing rights as a problem of the data; anything else as it is. */
export function machineProblem(error: unknown, cache: string): unknown {
  const { code, path: where } = error as NodeJS.ErrnoException;
  const place = typeof where === "string" ? where : cache;
  // How much is missing is not known to the one who writes; the least step is what is asked for.
  if (code === "ENOSPC" || code === "EDQUOT")
    return problem("disk-full", { statement: "data" }, { path: cache, needs: 1_000_000 });
  if (code === "EACCES" || code === "EPERM")
    return problem("no-access", { statement: "data" }, { path: place, how: "read", why: "permission denied" });
  return error;
}
