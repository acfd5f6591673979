/** What `eval` and `predict` share: the run that is meant, and messages about data at their place in the run's own spec. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { problemDiagnostics } from "../compiler/compile.ts";
import type { Model } from "../compiler/ir/ir.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile } from "../diagnostics/span.ts";
import type { RunEnvironment } from "../runtime/artifact/run-folder.ts";
import type { DataError, DataProblem } from "../runtime/data/batch.ts";
import { nowhere, Stop } from "./stop.ts";

/** Problems with data, or notes about them, as messages: in the spec copy of the run, where the run has its IR. */
export async function runDiagnostics(
  dir: string,
  problems: readonly DataProblem[],
): Promise<{ diagnostics: Diagnostic[]; files: Map<string, SourceFile> }> {
  const files = new Map<string, SourceFile>();
  const ir = await readFile(path.join(dir, "ir.json"), "utf8").then(
    (text) => JSON.parse(text) as Model,
    () => undefined,
  );
  const text = await readFile(path.join(dir, "spec.mmf"), "utf8").catch(() => undefined);
  if (ir === undefined || text === undefined) {
    const bare = problems.map(({ code }): Diagnostic => ({ code, severity: "error", message: `The data do not fit the run (${code}).`, span: nowhere, marks: [], related: [] }));
    return { diagnostics: bare, files };
  }
  // Places of the IR are those of the spec at the time of training; its text then is in the run.
  for (const { origin } of ir.groups) files.set(origin.file, { path: path.join(dir, "spec.mmf"), text });
  return { diagnostics: problemDiagnostics(ir, files, [...problems]), files };
}

/** A DataError of a run, ready to be said. */
export async function stopOfData(dir: string, error: DataError, last: string): Promise<Stop> {
  const { diagnostics, files } = await runDiagnostics(dir, error.problems);
  return new Stop(diagnostics, files, last);
}

/** What is said of a run that was stopped before its last epoch. */
export function unfinishedLine({ epochs, status }: RunEnvironment): string | undefined {
  if (status === "finished" || status === "early") return undefined;
  return `The run stopped in epoch ${epochs.ended + 1} of ${epochs.planned}; the weights of epoch ${epochs.kept} are used.`;
}
