/**
 * The façade: text or a file in, diagnostics and the IR of each model out. Loads neither TensorFlow nor Mermaid nor
 * ts-morph; what the table has comes from the caller as plain facts.
 */
import { isCode, report } from "../diagnostics/catalogue.ts";
import type { DataRow, Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile, Span } from "../diagnostics/span.ts";
import type { DataPlan, SourcePlan } from "../plan/plan.ts";
import { type CheckedFile, checkFile } from "./check/check.ts";
import type { CheckedModel } from "./check/checked.ts";
import { dataFix } from "./check/data-fixes.ts";
import { type Ignore, silence, uselessIgnores } from "./check/ignore.ts";
import type { Host } from "./check/load.ts";
import { checkTable, type TableFacts } from "./check/table.ts";
import type { Model } from "./ir/ir.ts";
import { lower } from "./ir/lower.ts";
import { lowerData } from "./ir/plans.ts";
import { listFolder, readSpec } from "./read.ts";
import { version } from "./version.ts";

export type { TableFacts } from "./check/table.ts";
export type { Model } from "./ir/ir.ts";

export interface CompileOptions {
  /** Reads what a table has: runtime/data's `tableFacts`. Without it (`--no-data`) only the text is checked. */
  readonly readFacts?: (
    source: SourcePlan,
    where: { base: string; where?: string; header?: false },
  ) => Promise<TableFacts>;
  /** A missing table is an error (train), not a note (check). */
  readonly severeSources?: boolean;
  /** Another table in place of `source:` (`--data`). */
  readonly overrideSource?: string;
  /** Where `use` finds files; by default the disk. */
  readonly host?: Host;
}

export interface CompiledModel {
  readonly name: string;
  /** Absent if the model has errors. */
  readonly ir?: Model;
  /** Where its rows come from and the folder that their paths start at; absent if the text has errors. A table that does not fit leaves it. */
  readonly data?: { readonly plan: DataPlan; readonly base: string };
  /** Rows of its table, where the facts say it. */
  readonly table?: { readonly path: string; readonly rows?: number };
}

export interface Compilation {
  readonly path: string;
  readonly files: ReadonlyMap<string, SourceFile>;
  /** In the order of file and place. */
  readonly diagnostics: readonly Diagnostic[];
  /** In file order. */
  readonly models: readonly CompiledModel[];
  /** Places of statements and properties, for problems found in the data later. */
  readonly places: ReadonlyMap<string, CheckedModel>;
  /** Comments that silence messages, for the same. */
  readonly ignores: readonly Ignore[];
}

/** Where `use` finds files, unless said otherwise. */
export const disk: Host = {
  read: readSpec,
  list: listFolder,
};

/** The folder that the paths of a spec start at. */
export const baseOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1) || "./";

/** What is no text is a message; @throws if the file is not there. */
export async function compileFile(path: string, options: CompileOptions = {}): Promise<Compilation> {
  const text = readSpec(path);
  if (typeof text === "string") return compileText(text, { ...options, path });
  if (text === undefined) throw Object.assign(new Error(`${path} is not there`), { code: "ENOENT", path });
  const diagnostics = [text.at({ file: path, start: 0, end: 0 })];
  return { path, files: new Map(), diagnostics, models: [], places: new Map(), ignores: [] };
}

export async function compileText(text: string, options: CompileOptions & { path: string }): Promise<Compilation> {
  const checked: CheckedFile = checkFile(options.path, text, options.host ?? disk, version);
  const diagnostics = [...checked.diagnostics];
  const facts = new Map<string, TableFacts>();
  const models: CompiledModel[] = [];
  const places = new Map<string, CheckedModel>();
  for (const { name, checked: model } of checked.models) {
    if (!model) {
      models.push({ name });
      continue;
    }
    places.set(name, model);
    const ir = lower(model, checked.files);
    const plan: DataPlan = lowerData(model);
    let errors = 0;
    let table: CompiledModel["table"];
    if (options.readFacts) {
      const source = options.overrideSource ?? plan.source;
      const key = JSON.stringify([source, plan.header]);
      const base = options.overrideSource === undefined ? baseOf(model.file) : "./";
      const read =
        facts.get(key) ??
        (await options.readFacts(source, {
          base,
          ...(plan.where === undefined ? {} : { where: plan.where }),
          ...(plan.header === false ? { header: false } : {}),
        }));
      facts.set(key, read);
      if (read.status === "ok") table = { path: read.path, ...(read.rows === undefined ? {} : { rows: read.rows }) };
      for (const d of silence(checked.ignores, checkTable(model, read, options.severeSources ?? false))) {
        if (d.severity === "error") errors++;
        if (
          !diagnostics.some(
            (x) =>
              x.code === d.code &&
              x.span.start === d.span.start &&
              x.span.file === d.span.file &&
              x.message === d.message,
          )
        )
          diagnostics.push(d);
      }
    }
    const data = { plan, base: baseOf(model.file) };
    models.push({ name, data, ...(errors === 0 ? { ir } : {}), ...(table ? { table } : {}) });
  }
  diagnostics.sort((a, b) =>
    a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1,
  );
  return { path: options.path, files: checked.files, diagnostics, models, places, ignores: checked.ignores };
}

/** What the runtime found wrong with the data, at its place in the spec. */
export interface FoundProblem {
  readonly code: string;
  readonly facts: { readonly [name: string]: unknown };
  readonly about: { readonly statement: string; readonly property?: string; readonly column?: string };
  readonly rows?: readonly DataRow[];
  readonly rowCount?: number;
}

/** As diagnostics at their places, without those that a comment silences. */
export function problemDiagnostics(
  compilation: Compilation,
  model: string,
  problems: readonly FoundProblem[],
): Diagnostic[] {
  const checked = compilation.places.get(model);
  const found = problems.map((problem) => {
    const span = checked ? placeOf(checked, problem.about) : { file: compilation.path, start: 0, end: 0 };
    const code = isCode(problem.code) ? problem.code : "internal-error";
    const fix = dataFix(problem, span, compilation.files.get(span.file));
    // the facts were made for this code by the runtime, which knows the catalogue
    return report(code, span, problem.facts as never, {
      ...(fix !== undefined && { fix }),
      ...(problem.rows && { rows: problem.rows }),
      ...(problem.rowCount !== undefined && { rowCount: problem.rowCount }),
    });
  });
  return silence(compilation.ignores, found);
}

/** Comments that silence a message about the data which did not occur: to be asked once all data have been read. */
export function uselessDataIgnores(compilation: Compilation): Diagnostic[] {
  return uselessIgnores(compilation.ignores, "data");
}

function placeOf(model: CheckedModel, about: FoundProblem["about"]): Span {
  const section = [model.data, model.train, model.evaluate].find((s) => s.word === about.statement)?.statement;
  const statement =
    section ??
    [...model.modalities, ...model.targets, ...model.definitions].find((x) => x.name === about.statement)?.statement;
  if (!statement) return model.span;
  const entries = statement.props?.entries ?? [];
  const property = entries.find((p) => p.key.text === about.property);
  if (about.column !== undefined) {
    for (const entry of property ? [property] : entries) {
      const items = entry.value?.kind === "list" ? entry.value.items : entry.value ? [entry.value] : [];
      const item = items.find((i) => i.kind === "string" && i.value === about.column);
      if (item) return item.span;
    }
  }
  if (property?.value) return property.value.span;
  return statement.kind === "section" ? statement.wordSpan : statement.name!.span;
}
