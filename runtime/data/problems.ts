/**
 * Collects what does not fit in the data: all of it, so that one run tells everything. Knows codes and rows, not
 * sentences (diagnostics/catalogue/data.ts has those).
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import { DataError, type DataProblem } from "./batch.ts";
import type { RowList } from "./rows.ts";

export type About = DataProblem["about"];

/** Rows of a message: all of them, or a list that kept the first. */
export type Rows = readonly DataRow[] | Pick<RowList, "count" | "rows">;

/** What was found so far. */
export interface Problems {
  readonly found: readonly DataProblem[];
  add(code: string, about: About, facts: DataProblem["facts"], rows?: Rows): void;
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
      found.push({ code, about, facts, ...listed(rows) });
    },
    check() {
      if (found.length > 0) throw new DataError(found);
    },
  };
}

/** A DataError of one problem. */
export function problem(code: string, about: About, facts: DataProblem["facts"], rows?: Rows): DataError {
  return new DataError([{ code, about, facts, ...listed(rows) }]);
}

function listed(rows: Rows | undefined): Pick<DataProblem, "rows" | "rowCount"> {
  if (rows === undefined) return {};
  if (!("count" in rows)) return { rows };
  return rows.count > rows.rows.length ? { rows: rows.rows, rowCount: rows.count } : { rows: rows.rows };
}

/** A full disk or missing rights as a problem of the data; anything else as it is. */
export function machineProblem(error: unknown, cache: string): unknown {
  const { code, path: where } = error as NodeJS.ErrnoException;
  const place = typeof where === "string" ? where : cache;
  if (code === "ENOSPC" || code === "EDQUOT") return problem("disk-full", { statement: "data" }, { path: cache });
  if (code === "EACCES" || code === "EPERM")
    return problem("no-access", { statement: "data" }, { path: place, how: "read", why: "permission denied" });
  return error;
}
