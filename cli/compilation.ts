/**
 * Compiling a spec for a command: the compiler's façade with the facts of tables handed over, the choice of a model, and
 * the sentences of commands that stop because of mistakes.
 */
import path from "node:path";
import { type Compilation, type CompiledModel, type CompileOptions, compileFile, disk } from "../compiler/compile.ts";
import type { Model } from "../compiler/ir/ir.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import { tally } from "../diagnostics/formats.ts";
import { near } from "../diagnostics/near.ts";
import { count, list, path as pathText } from "../diagnostics/phrase.ts";
import { renderPretty } from "../diagnostics/render.ts";
import type { TableFacts } from "../runtime/data/facts.ts";
import { tableFacts } from "../runtime/data/facts.ts";
import { sourceFiles } from "../runtime/data/source-files.ts";
import { lookAtSpec } from "./check/data.ts";
import { activity } from "./end.ts";
import { Stop, UsageMistake } from "./stop.ts";
import type { Terminal } from "./terminal.ts";

export interface SpecOptions {
  /** Look at the tables, too. */
  readonly data: boolean;
  /** A table that is not there is an error. */
  readonly severe?: boolean;
  /** Another table in place of the spec's, as typed. */
  readonly source?: string;
}

/** A compiled spec. */
export interface CompiledSpec extends Compilation {
  /** The files beside the spec that its check depends on, there or not: what it uses, its tables. Absolute. */
  readonly sources: readonly string[];
}

export async function compileSpec(file: string, options: SpecOptions): Promise<CompiledSpec> {
  activity.doing = "checking";
  activity.place = file;
  const tables = new Map<string, Promise<TableFacts>>();
  const sources = new Set<string>();
  // Models of one file mostly read one table: it is looked at once.
  const readFacts: NonNullable<CompileOptions["readFacts"]> = (source, where) => {
    const key = JSON.stringify([source, where]);
    const facts = tables.get(key) ?? tableFacts(source, where);
    tables.set(key, facts);
    for (const table of sourceFiles(source, where.base)) sources.add(table.absolute);
    return facts;
  };
  const compilation = await compileFile(file, {
    ...(options.data && { readFacts }),
    ...(options.severe === true && { severeSources: true }),
    ...(options.source !== undefined && { overrideSource: options.source }),
    host: {
      ...disk,
      read(used) {
        sources.add(path.resolve(used));
        return disk.read(used);
      },
    },
  });
  if (options.severe !== true) return { ...compilation, sources: [...sources] };
  // A command that stops at a column that is not there says all that `mmfc check` does.
  const { diagnostics } = await lookAtSpec(compilation, {
    ...(options.source !== undefined && { source: options.source }),
    which: (model) => model.ir === undefined,
  });
  return { ...compilation, diagnostics: [...compilation.diagnostics, ...diagnostics], sources: [...sources] };
}

/** The model that is meant, checked and whole; of several, the first. */
export interface Chosen {
  readonly model: CompiledModel;
  readonly ir: Model;
  readonly others: readonly string[];
}

/**
 * @param last how the command ends if the spec has mistakes: `Nothing was trained`
 * @throws Stop with all messages of the spec if the model has errors; UsageMistake for a model that is not there
 */
export function chooseModel(spec: CompiledSpec, name: unknown, command: string, last: string): Chosen {
  const { models, diagnostics } = spec;
  const stopped = (): Stop => {
    const { error } = tally(diagnostics);
    return new Stop(diagnostics, spec.files, `${last}: ${count(error, "error")} in ${pathText(spec.path)}.`);
  };
  const model = name === undefined ? models[0] : models.find((candidate) => candidate.name === name);
  if (model === undefined) {
    if (models.length === 0 && hasErrors(diagnostics)) throw stopped();
    const file = pathText(spec.path);
    if (name === undefined) throw new UsageMistake(command, `${file} has no model`, "mmfc check says what is in it");
    const names = models.map((candidate) => candidate.name);
    const found = near(String(name), names);
    const write = found.kind === "one" ? found.word : list(names, "or");
    throw new UsageMistake(
      command,
      `${file} has no model ${String(name)}${names.length === 0 ? "" : `; write ${write}`}`,
      `mmfc ${command} --help has its options`,
    );
  }
  if (model.ir === undefined) throw stopped();
  return { model, ir: model.ir, others: models.filter((other) => other !== model).map((other) => other.name) };
}

/** What the spec's check had to say although the command goes on: frames on stderr. */
export function sayDiagnostics(
  diagnostics: readonly Diagnostic[],
  spec: Pick<CompiledSpec, "files">,
  terminal: Terminal,
): void {
  if (diagnostics.length === 0 || terminal.json || terminal.quiet) return;
  terminal.err(renderPretty(diagnostics, spec.files, terminal.shape.err));
}

/** `Also in credit.mmf: EarlyRisk, LateRisk (--model).`, or nothing. */
export function othersLine(spec: CompiledSpec, others: readonly string[], chosenByName: boolean): string | undefined {
  if (others.length === 0 || chosenByName) return undefined;
  return `Also in ${pathText(spec.path)}: ${others.join(", ")} (--model).`;
}
