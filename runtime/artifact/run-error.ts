/** What can be wrong with a run folder, as codes of the catalogue with their facts. */
import type { Code, FactsOf } from "../../diagnostics/catalogue.ts";
import { report } from "../../diagnostics/catalogue.ts";

interface Problem<C extends Code, Facts = FactsOf<C>> {
  readonly code: C;
  readonly facts: Readonly<Facts>;
}

export type RunProblem =
  /** `lacks`: the file that makes a folder a run. `near`: newest runs beside it, by path. */
  | Problem<"run-missing", { readonly path: string; readonly lacks: string; readonly near: readonly string[] }>
  /** `why` without a full stop: "weights.safetensors is cut off". */
  | Problem<"run-unreadable">
  /** The spec, the data or the format here are not those it was trained with. */
  | Problem<"resume-differs">
  | Problem<"run-in-use">
  | Problem<"out-exists">
  | Problem<"disk-full">
  | Problem<"no-access">;

export class RunError extends Error {
  readonly code: RunProblem["code"];
  readonly facts: RunProblem["facts"];
  constructor(problem: RunProblem) {
    const { near: _, ...facts } = problem.facts as { readonly near?: unknown };
    super(report(problem.code, { file: "", start: 0, end: 0 }, facts as never).message);
    this.name = "RunError";
    this.code = problem.code;
    this.facts = problem.facts;
  }
}
