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
