/** What `eval` and `predict` share: the run that is meant, and messages about data at their place in the run's own spec. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { compileText, type FoundProblem, problemDiagnostics } from "../compiler/compile.ts";
import { report } from "../diagnostics/catalogue.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile } from "../diagnostics/span.ts";
import type { RunEnvironment } from "../runtime/artifact/run-folder.ts";
import type { DataError } from "../runtime/data/batch.ts";
import type { Unfinished } from "../runtime/run.ts";
import { sayDiagnostics } from "./compilation.ts";
import { nowhere, Stop } from "./stop.ts";
import type { Terminal } from "./terminal.ts";

/** Problems with data, or notes about them, as messages in the run's copy of the spec. */
export async function runDiagnostics(dir: string, model: string, problems: readonly FoundProblem[]): Promise<Said> {
  if (problems.length === 0) return { diagnostics: [], files: new Map() };
  const file = path.join(dir, "spec.mmf");
  const text = await readFile(file, "utf8").catch(() => "");
  const spec = await compileText(text, { path: file });
  return { diagnostics: problemDiagnostics(spec, model, problems), files: spec.files };
}

interface Said {
  readonly diagnostics: readonly Diagnostic[];
  readonly files: ReadonlyMap<string, SourceFile>;
}

/** A DataError of a run, ready to be said. */
export async function stopOfData(dir: string, error: DataError, last: string): Promise<Stop> {
  const { diagnostics, files } = await runDiagnostics(dir, await modelOf(dir), error.problems);
  return new Stop(diagnostics, files, last);
}

/** What is said of a run whose training has not come to its end. */
export function sayUnfinished(unfinished: Unfinished | undefined, terminal: Terminal): void {
  if (unfinished === undefined) return;
  sayDiagnostics([report("run-unfinished", nowhere, unfinished)], { files: new Map() }, terminal);
}

async function modelOf(dir: string): Promise<string> {
  const text = await readFile(path.join(dir, "environment.json"), "utf8");
  return (JSON.parse(text) as RunEnvironment).model;
}
